using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Patching;

/// <summary>Replaces a whole tensor.</summary>
internal sealed class ReplacePatch(SafetensorsFile file, long begin) : TensorPatch
{
    public override void Apply(Span<byte> block, long offset) => file.ReadData(begin + offset, block);

    public override void Finish()
    {
    }

    public override void Dispose()
    {
    }
}
