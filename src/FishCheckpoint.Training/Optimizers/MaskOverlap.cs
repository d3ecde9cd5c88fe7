using FishCheckpoint.Masks;

namespace FishCheckpoint.Training;

/// <summary>The intersection of two masks of one layout, to transfer optimizer state from one to the other.</summary>
internal sealed class MaskOverlap
{
    private readonly Mask before;
    private readonly Mask after;
    private readonly Dictionary<int, int> places;

    public MaskOverlap(Mask before, Mask after)
    {
        (this.before, this.after) = (before, after);
        places = before.Tensors.Select((tensor, index) => (tensor.Tensor, index)).ToDictionary(pair => pair.Tensor, pair => pair.index);
    }

    /// <summary>State per tensor: kept for tensors in both masks, else the default.</summary>
    public T[] PerTensor<T>(T[] state) =>
        [.. after.Tensors.Select(tensor => places.TryGetValue(tensor.Tensor, out var place) ? state[place] : default!)];

    /// <summary>State per position: kept for positions in both masks, else 0.</summary>
    public float[][] PerPosition(float[][] state) => [.. after.Tensors.Select(tensor =>
    {
        var carried = new float[tensor.Positions.Length];
        if (places.TryGetValue(tensor.Tensor, out var place) && state[place].Length > 0)
        {
            Copy(before.Tensors[place].Positions.Span, state[place], tensor.Positions.Span, carried);
        }

        return carried;
    })];

    private static void Copy(ReadOnlySpan<long> from, ReadOnlySpan<float> state, ReadOnlySpan<long> to, Span<float> carried)
    {
        for (int left = 0, right = 0; left < from.Length && right < to.Length;)
        {
            if (from[left] == to[right])
            {
                carried[right++] = state[left++];
            }
            else if (from[left] < to[right])
            {
                left++;
            }
            else
            {
                right++;
            }
        }
    }
}
