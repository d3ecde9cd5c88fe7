using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Formats;
using FishCheckpoint.Interchange.Writing;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Export;

/// <summary>
/// Exports checkpoints as versions. Each appears atomically, so a follower may read meanwhile. Repeating an export skips finished versions
/// and continues an interrupted one.
/// </summary>
public static class VersionExporter
{
    /// <summary>The number of versions in an export.</summary>
    /// <exception cref="FishException">A checkpoint is missing, or the options conflict.</exception>
    public static async Task<int> CountAsync(ICheckpoints checkpoints, ExportOptions options, CancellationToken cancellation = default) =>
        ExportPlan.Of(await SavedAsync(checkpoints, options, cancellation), options).Length;

    /// <summary>Exports versions.</summary>
    /// <param name="store">The store, embedded or remote.</param>
    /// <param name="options">What to export, and how.</param>
    /// <param name="done">Called for each finished version.</param>
    /// <param name="cancellation">Cancels the export; a partial version is removed.</param>
    /// <exception cref="FishException">A checkpoint is missing or damaged, the format does not support a tensor (the key names it), or
    /// another version has the name.</exception>
    public static async Task<ExportReport> ExportAsync(
        IFishStore store, ExportOptions options, Action<ExportedVersion>? done = null, CancellationToken cancellation = default)
    {
        var plan = ExportPlan.Of(await SavedAsync(store.Checkpoints, options, cancellation), options);
        var writer = InterchangeFormats.Open(options.Format).CreateWriter(options);
        Directory.CreateDirectory(options.Folder);
        var exported = new List<ExportedVersion>();
        foreach (var version in plan)
        {
            cancellation.ThrowIfCancellationRequested();
            var written = version.Below is { } below
                ? await WriteDeltaAsync(store.States, options, writer, version.State, below, cancellation)
                : await WriteFullAsync(store.States, options, writer, version.State, cancellation);
            exported.Add(new ExportedVersion(
                version.State.Name, version.State.Info!.Step, version.Below is null, written.Created, written.Path, written.Bytes));
            done?.Invoke(exported[^1]);
        }

        return new ExportReport(
            InterchangeFormats.NameOf(options.Format), Path.GetFullPath(options.Folder), exported.Count(version => version.Created),
            exported.Sum(version => version.Bytes), exported);
    }

    private static async Task<List<CheckpointInfo>> SavedAsync(
        ICheckpoints checkpoints, ExportOptions options, CancellationToken cancellation)
    {
        var last = await checkpoints.GetAsync(options.Task, options.To, cancellation);
        var first = options.From is { } from ? (await checkpoints.GetAsync(options.Task, from, cancellation)).Step : 0;
        if (first > last.Step)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, options.Task, $"The first step, {first}, is after the last, {last.Step}.",
                "Swap them.");
        }

        var page = new PageRequest(PageRequest.MaxLimit, first == 0 ? null : $"{first - 1}");
        var steps = checkpoints.ListAsync(options.Task, page, cancellation).TakeWhile(item => item.Step <= last.Step);
        return await steps.ToListAsync(cancellation);
    }

    private static async Task<Written> WriteFullAsync(
        IStates states, ExportOptions options, IVersionWriter writer, ExportState state, CancellationToken cancellation)
    {
        await using var opened = await states.OpenAsync(options.Task, StepRef.At(state.Info!.Step), cancellation);
        var model = options.SideFiles is { } folder ? new SideFiles(opened, folder) : opened;
        if (options.Format == InterchangeFormat.DiskDelta && model.Files.All(file => file.Name != ModelConfig.FileName))
        {
            options.OnWarning(
                $"The full version {state.Name} has no {ModelConfig.FileName}: SGLang's reader then deletes the engine's copy. "
                + "Add the model's side files with --side-files DIR.");
        }

        return await Task.Run(() => writer.WriteFullAsync(state, model, cancellation), cancellation);
    }

    private static async Task<Written> WriteDeltaAsync(
        IStates states, ExportOptions options, IVersionWriter writer, ExportState state, ExportState below, CancellationToken cancellation)
    {
        var (task, step) = (options.Task, StepRef.At(state.Info!.Step));
        await using var from = below.Info is { } info
            ? await states.OpenAsync(task, StepRef.At(info.Step), cancellation) : await states.OpenBranchPointAsync(task, cancellation);
        await using var to = await states.OpenAsync(task, step, cancellation);
        var changed = below.Info is { } before
            ? await ChangedAsync(states, task, step, StepRef.At(before.Step), to.Layout, cancellation)
            : [.. Enumerable.Range(0, to.Layout.Tensors.Count)];
        var files = await TensorFiles.ReadAsync(to, cancellation);
        return await Task.Run(() => writer.WriteDelta(state, below, new StatePair(from, to, changed, files), cancellation), cancellation);
    }

    // The index of the delta's mask lists the tensors that may differ.
    private static async Task<int[]> ChangedAsync(
        IStates states, string task, StepRef to, StepRef from, Layout layout, CancellationToken cancellation)
    {
        using var delta = await states.OpenDeltaAsync(task, to, from, cancellation);
        return delta.Mask is { } mask && delta.MaskHead is { } head
            ? [.. ChunkIndex.ReadMask(mask, head, layout).Select(chunk => chunk.Tensor).Distinct()]
            : [.. Enumerable.Range(0, layout.Tensors.Count)];
    }
}
