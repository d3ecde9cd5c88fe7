using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>Lays listed elements on a tensor: in the place of what is there, or added to it.</summary>
/// <param name="info">The tensor.</param>
/// <param name="elements">The elements.</param>
/// <param name="adds">Whether they are added.</param>
internal sealed class ListedPatch(TensorInfo info, ListedElements elements, bool adds) : TensorPatch
{
    private readonly int size = info.UnitSize;
    private readonly int width = DTypes.UnitSizeOf(elements.Type);
    private int next;

    public override void Apply(Span<byte> block, long offset)
    {
        var origin = offset / size;
        var limit = origin + (block.Length / size);
        for (; next < elements.Positions.Length && elements.Positions[next] < limit; next++)
        {
            var element = block.Slice((int)(elements.Positions[next] - origin) * size, size);
            var value = elements.Values.AsSpan(next * width, width);
            if (adds)
            {
                FloatSum.Add(info.Type, element, elements.Type, value);
            }
            else
            {
                value.CopyTo(element);
            }
        }
    }

    // All positions were compared with the tensor's end when they were read.
    public override void Finish()
    {
    }

    public override void Dispose()
    {
    }
}
