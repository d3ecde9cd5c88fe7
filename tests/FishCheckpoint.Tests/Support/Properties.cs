using FsCheck;
using FsCheck.Fluent;

namespace FishCheckpoint.Tests.Support;

/// <summary>Properties over seeds: what fails names the seed, and the seed alone makes the case again.</summary>
internal static class Properties
{
    public static void ForSeeds(int count, Action<Random> check) =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => check(new Random(seed)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithQuietOnSuccess(true));

    /// <summary>Strictly ascending positions below a limit.</summary>
    public static long[] Positions(Random random, int count, long below)
    {
        var set = new SortedSet<long>();
        while (set.Count < Math.Min(count, below))
        {
            set.Add(random.NextInt64(below));
        }

        return [.. set];
    }
}
