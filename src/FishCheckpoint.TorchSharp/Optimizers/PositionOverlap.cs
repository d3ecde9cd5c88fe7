namespace FishCheckpoint.TorchSharp;

/// <summary>The positions that two masks of a tensor have in common, by their numbers in both.</summary>
internal static class PositionOverlap
{
    /// <summary>For each position that is in both: its number before, and its number after.</summary>
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
