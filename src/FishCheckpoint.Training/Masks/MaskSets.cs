using FishCheckpoint.Errors;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Training;

/// <summary>
/// Set operations on masks of one layout. The time is that of reading both; a tensor that only one of them has is not copied.
/// </summary>
internal static class MaskSets
{
    /// <summary>The positions that are in either mask.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>: the masks have different layouts.</exception>
    public static Mask Union(Mask left, Mask right) => Combine(left, right, onlyLeft: true, both: true, onlyRight: true);

    /// <summary>The positions that are in both masks.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>: the masks have different layouts.</exception>
    public static Mask Intersect(Mask left, Mask right) => Combine(left, right, onlyLeft: false, both: true, onlyRight: false);

    /// <summary>The positions of <paramref name="left"/> that are not in <paramref name="right"/>.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>: the masks have different layouts.</exception>
    public static Mask Except(Mask left, Mask right) => Combine(left, right, onlyLeft: true, both: false, onlyRight: false);

    private static Mask Combine(Mask left, Mask right, bool onlyLeft, bool both, bool onlyRight)
    {
        if (left.Layout.Id != right.Layout.Id)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, "mask", "The masks have different layouts.", "Choose both on the same task layout.");
        }

        var rights = right.Tensors.ToDictionary(tensor => tensor.Tensor);
        var combined = new List<TensorMask>();
        foreach (var tensor in left.Tensors)
        {
            if (rights.Remove(tensor.Tensor, out var other))
            {
                combined.Add(new TensorMask(tensor.Tensor, Merge(tensor.Positions.Span, other.Positions.Span, onlyLeft, both, onlyRight)));
            }
            else if (onlyLeft)
            {
                combined.Add(tensor);
            }
        }

        return Mask.Create(left.Layout, onlyRight ? combined.Concat(rights.Values) : combined);
    }

    private static long[] Merge(ReadOnlySpan<long> left, ReadOnlySpan<long> right, bool onlyLeft, bool both, bool onlyRight)
    {
        var merged = new List<long>(onlyRight ? left.Length + right.Length : left.Length);
        while (!left.IsEmpty || !right.IsEmpty)
        {
            var order = left.IsEmpty ? 1 : right.IsEmpty ? -1 : left[0].CompareTo(right[0]);
            if (order < 0 ? onlyLeft : order > 0 ? onlyRight : both)
            {
                merged.Add(order <= 0 ? left[0] : right[0]);
            }

            left = order <= 0 ? left[1..] : left;
            right = order >= 0 ? right[1..] : right;
        }

        return [.. merged];
    }
}
