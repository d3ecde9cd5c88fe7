namespace FishCheckpoint.TorchSharp;

/// <summary>The common positions of two masks of a tensor, as indices in both.</summary>
internal static class PositionOverlap
{
    /// <summary>For each common position: its index before and its index after.</summary>
    public static (long[] From, long[] To) Of(ReadOnlySpan<long> before, ReadOnlySpan<long> after)
    {
        var (from, to) = (new List<long>(), new List<long>());
        for (int left = 0, right = 0; left < before.Length && right < after.Length;)
        {
            if (before[left] == after[right])
            {
                from.Add(left++);
                to.Add(right++);
            }
            else if (before[left] < after[right])
            {
                left++;
            }
            else
            {
                right++;
            }
        }

        return ([.. from], [.. to]);
    }
}
