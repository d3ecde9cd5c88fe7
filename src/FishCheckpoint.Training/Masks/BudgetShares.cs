namespace FishCheckpoint.Training;

/// <summary>Splits a budget over tensors in proportion to their sizes, without losing or adding a position.</summary>
internal static class BudgetShares
{
    /// <summary>
    /// The largest remainder method (Hamilton): each tensor gets its exact share rounded down. The remaining positions go, one each, to the
    /// largest fractions, and to the earlier tensor on ties.
    /// </summary>
    /// <param name="units">The tensors' sizes.</param>
    /// <param name="budget">At most the sum of the sizes.</param>
    /// <returns>A number per tensor, at most its size; their sum is the budget.</returns>
    public static long[] Split(IReadOnlyList<long> units, long budget)
    {
        var total = units.Sum();
        if (total == 0)
        {
            return new long[units.Count];
        }

        var quotas = units.Select(size => Int128.DivRem((Int128)budget * size, total)).ToArray();
        var shares = Array.ConvertAll(quotas, quota => (long)quota.Quotient);
        foreach (var tensor in Enumerable.Range(0, shares.Length).OrderByDescending(tensor => quotas[tensor].Remainder)
            .Take((int)(budget - shares.Sum())))
        {
            shares[tensor]++;
        }

        return shares;
    }
}
