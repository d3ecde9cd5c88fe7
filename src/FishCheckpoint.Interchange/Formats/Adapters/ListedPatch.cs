using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>Applies listed elements to a tensor, by replacement or addition.</summary>
/// <param name="info">The tensor.</param>
/// <param name="elements">The elements.</param>
/// <param name="adds">Whether to add them.</param>
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

    // All positions were already checked against the tensor's end.
    public override void Finish()
    {
    }

    public override void Dispose()
    {
    }
}
