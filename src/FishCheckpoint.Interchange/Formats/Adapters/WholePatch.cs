using FishCheckpoint.Interchange.Patching;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>Replaces a whole tensor with one of an adapter's file.</summary>
/// <param name="read">Reads bytes of the new tensor from an offset.</param>
internal sealed class WholePatch(Action<long, Span<byte>> read) : TensorPatch
{
    public override void Apply(Span<byte> block, long offset) => read(offset, block);

    public override void Finish()
    {
    }

    public override void Dispose()
    {
    }
}
