using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>The sparse fine-tunings of composable-sft: <c>pytorch_diff.bin</c> (docs/guides/interchange.md, "lt-sft").</summary>
internal sealed class LtSftFormat : AdapterFormat
{
    public const string FileName = "pytorch_diff.bin";

    protected override string File => FileName;

    public override IVersionDelta OpenDelta(FoundVersion version, Layout layout, ImportOptions options) => new LtSftReader(version);
}
