using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>Values on a known mask whose chunks bring their parent's values along, which are remembered.</summary>
/// <param name="values">The values.</param>
/// <param name="parent">The parent's values at the mask's positions.</param>
internal sealed class ParentedValues(IMaskedValues values, byte[] parent) : IMaskedValues
{
    private int next;

    public Layout Layout => values.Layout;

    public Digest Mask => values.Mask;

    public Digest? Announced => values.Announced;

    public bool Read(DeltaChunk chunk)
    {
        if (!values.Read(chunk))
        {
            return false;
        }

        var others = chunk.ParentValues;
        parent.AsSpan(next, others.Length).CopyTo(others);
        (next, chunk.HasParentValues) = (next + others.Length, true);
        return true;
    }
}
