using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Formats.Adapters;
using FishCheckpoint.Interchange.Formats.DiskDelta;
using FishCheckpoint.Interchange.Formats.Grail;
using FishCheckpoint.Interchange.Formats.Manifest;
using FishCheckpoint.Interchange.Formats.SparsePatch;

namespace FishCheckpoint.Interchange.Formats;

/// <summary>The names of the formats and the programs that use them.</summary>
public static class InterchangeFormats
{
    private static readonly (InterchangeFormat Format, string Name, string[] Aliases, string Users)[] Table =
    [
        (InterchangeFormat.DiskDelta, "disk-delta", ["slime", "miles", "sglang", "stitch"], "slime, miles, SGLang's pull_weights, stitch"),
        (InterchangeFormat.SparsePatch, "sparse-patch", ["trl", "trl-v1"], "TRL's sparse weight patches, version 1"),
        (InterchangeFormat.SparsePatchV3, "sparse-patch-v3", ["trl-v3"], "TRL's sparse weight patches, version 3"),
        (InterchangeFormat.Grail, "grail", ["grail-v3.1"], "grail, sparse codec 3.1"),
        (InterchangeFormat.Manifest, "manifest", ["skyrl"], "SkyRL's delta checkpoints"),
        (InterchangeFormat.FishDiff, "fish-diff", ["diff.torch"], "the FISH mask's authors; import only"),
        (InterchangeFormat.LtSft, "lt-sft", ["composable-sft"], "composable-sft's sparse fine-tunings; import only"),
        (InterchangeFormat.Shira, "shira", ["peft-shira"], "PEFT's sparse high-rank adapters"),
        (InterchangeFormat.ModelExpress, "modelexpress", ["mx"], "disk-delta for ModelExpress"),
    ];

    /// <summary>All formats: names, aliases and users.</summary>
    public static IEnumerable<(InterchangeFormat Format, string Name, IReadOnlyList<string> Aliases, string Users)> All =>
        Table.Select(row => (row.Format, row.Name, (IReadOnlyList<string>)row.Aliases, row.Users));

    /// <summary>The name of a format.</summary>
    public static string NameOf(InterchangeFormat format) => Table[(int)format].Name;

    /// <summary>Reads a name or alias.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: no format has this name.</exception>
    public static InterchangeFormat Parse(string text)
    {
        foreach (var row in Table)
        {
            if (row.Name == text || row.Aliases.Contains(text, StringComparer.Ordinal))
            {
                return row.Format;
            }
        }

        throw new FishException(
            ErrorCode.RequestInvalid, text.Length <= 40 ? text : text[..40], "No format has this name.",
            $"The formats are {string.Join(", ", Table.Select(row => row.Name))}.");
    }

    internal static IVersionFormat Open(InterchangeFormat format) => format switch
    {
        InterchangeFormat.DiskDelta => new DiskDeltaFormat(isModelExpress: false),
        InterchangeFormat.ModelExpress => new DiskDeltaFormat(isModelExpress: true),
        InterchangeFormat.SparsePatch => new StepPatchFormat(StepPatchForm.Version1),
        InterchangeFormat.SparsePatchV3 => new StepPatchFormat(StepPatchForm.Version3),
        InterchangeFormat.Grail => new GrailFormat(),
        InterchangeFormat.Manifest => new ManifestFormat(),
        InterchangeFormat.FishDiff => new FishDiffFormat(),
        InterchangeFormat.LtSft => new LtSftFormat(),
        InterchangeFormat.Shira => new ShiraFormat(),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "The format does not exist."),
    };
}
