using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>The file <c>diff.torch</c> of the FISH mask's authors (docs/guides/interchange.md, "fish-diff").</summary>
internal sealed class FishDiffFormat : AdapterFormat
{
    public const string FileName = "diff.torch";

    protected override string File => FileName;

    public override IVersionDelta OpenDelta(FoundVersion version, Layout layout, ImportOptions options) =>
        new FishDiffReader(version, layout, options.Parameters);
}
