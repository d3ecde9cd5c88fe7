using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Formats.DiskDelta;

namespace FishCheckpoint.Interchange.Export;

/// <summary>A version to write.</summary>
/// <param name="State">The version.</param>
/// <param name="Below">Its parent version; <see langword="null"/> for a full version.</param>
internal sealed record PlannedVersion(ExportState State, ExportState? Below);

/// <summary>Decides which checkpoints become which versions, without reading any.</summary>
internal static class ExportPlan
{
    private const string Step = "{step}";

    /// <summary>Plans an export.</summary>
    /// <param name="saved">The checkpoints from the first to the last, by step.</param>
    /// <param name="options">The export's options.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    public static PlannedVersion[] Of(IReadOnlyList<CheckpointInfo> saved, ExportOptions options)
    {
        Check(options);
        var chosen = saved.Where((_, index) => index == 0 || index == saved.Count - 1 || (options.Every > 0 && index % options.Every == 0))
            .ToArray();
        if (options.Format == InterchangeFormat.Shira)
        {
            return OnBase(chosen, options);
        }

        var planned = new List<PlannedVersion>();
        var below = options.From is null ? new ExportState(NameOf(0, options), null, NameOf(0, options)) : null;
        for (var index = 0; index < chosen.Length; index++)
        {
            var full = below is null || (options.FullEvery > 0 && index > 0 && index % options.FullEvery == 0);
            var name = NameOf(options.Number ? NumberOf(index, options) : chosen[index].Step, options);
            if (below is { } previous && VersionName.Same(previous.Name, name))
            {
                throw new FishException(
                    ErrorCode.RequestInvalid, name, "Step 0 and the task's start would have the same version number.",
                    "Number the versions, or start the export at a step.");
            }

            var state = new ExportState(name, chosen[index], full ? name : below!.Anchor);
            planned.Add(new PlannedVersion(state, full ? null : below));
            below = state;
        }

        return [.. planned];
    }

    // Every adapter is a difference to the task's start, whichever is the first.
    private static PlannedVersion[] OnBase(CheckpointInfo[] chosen, ExportOptions options)
    {
        if (options.FullEvery > 0 || options.Number || options.ShardSize is not null)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, options.Task, "Adapters cannot be full, numbered or sharded.", "Leave out these options.");
        }

        var start = new ExportState("base", null, "base");
        return [.. chosen.Select(info => new PlannedVersion(new ExportState(NameOf(info.Step, options), info, start.Anchor), start))];
    }

    // Followers get version 0 elsewhere: a written full version starts at 1 unless the format has none, and followers start with it.
    private static long NumberOf(int index, ExportOptions options) =>
        options.Format == InterchangeFormat.Manifest && options.From is not null ? index : index + 1;

    private static string NameOf(long number, ExportOptions options) => options.VersionName is { } name
        ? name.Replace(Step, number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        : options.Format is InterchangeFormat.DiskDelta or InterchangeFormat.ModelExpress ? DiskDeltaFormat.Padded(number)
            : number.ToString(CultureInfo.InvariantCulture);

    private static void Check(ExportOptions options)
    {
        if (options.Every < 0 || options.FullEvery < 0 || options.ShardSize is <= 0)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, options.Task, "A number of versions or bytes is below 1.", "Give positive numbers.");
        }

        if (options.VersionName is not { } name)
        {
            return;
        }

        if (options.Format is not (InterchangeFormat.DiskDelta or InterchangeFormat.ModelExpress)
            || !name.Contains(Step, StringComparison.Ordinal))
        {
            throw new FishException(
                ErrorCode.RequestInvalid, name,
                $"Only disk-delta and modelexpress allow names, and each name needs {Step}.",
                $"Give a name like run7-{Step}.");
        }

        VersionName.CheckFile(name.Replace(Step, "0", StringComparison.Ordinal), name);
    }
}
