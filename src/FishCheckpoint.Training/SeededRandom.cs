using System.Numerics;

namespace FishCheckpoint.Training;

/// <summary>
/// Random numbers that are the same for the same seed on every platform and runtime, unlike <see cref="Random"/>'s. Not for secrets.
/// </summary>
/// <remarks>xoshiro256**, seeded by SplitMix64 (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2021). Not safe for
/// concurrent use.</remarks>
public sealed class SeededRandom : IResumable
{
    private const string StateName = "xoshiro256**";

    private ulong a;
    private ulong b;
    private ulong c;
    private ulong d;

    /// <summary>Starts a sequence.</summary>
    /// <param name="seed">The seed; any value.</param>
    public SeededRandom(long seed)
    {
        var state = (ulong)seed;
        (a, b, c, d) = (Mix(ref state), Mix(ref state), Mix(ref state), Mix(ref state));
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        var result = BitOperations.RotateLeft(b * 5, 7) * 9;
        var shifted = b << 17;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= shifted;
        d = BitOperations.RotateLeft(d, 45);
        return result;
    }

    /// <summary>A uniformly distributed integer (Lemire, "Fast Random Integer Generation in an Interval", 2019).</summary>
    /// <param name="limit">Positive; the number is below it.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is not positive.</exception>
    public long Below(long limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        var range = (ulong)limit;
        var high = Math.BigMul(Next(), range, out var low);
        if (low < range)
        {
            for (var rejected = (0 - range) % range; low < rejected;)
            {
                high = Math.BigMul(Next(), range, out low);
            }
        }

        return (long)high;
    }

    /// <summary>A number from 0 up to, not including, 1, in steps of 2^-53.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number from the normal distribution with mean 0 and variance 1 (Box and Muller, 1958).</summary>
    public double NextGaussian() =>
        Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>Shuffles items uniformly (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var last = items.Length - 1; last > 0; last--)
        {
            var other = (int)Below(last + 1L);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    /// <inheritdoc/>
    public void SaveTo(StateSection state) => state.Set(StateName, [(long)a, (long)b, (long)c, (long)d]);

    /// <inheritdoc/>
    public void Check(StateSection state)
    {
        if (state.Longs(StateName, 4).IndexOfAnyExcept(0L) < 0)
        {
            throw state.Mismatch(StateName, "Its four words are all 0, which no generator reaches.");
        }
    }

    /// <inheritdoc/>
    public void LoadFrom(StateSection state)
    {
        Check(state);
        var words = state.Longs(StateName, 4);
        (a, b, c, d) = ((ulong)words[0], (ulong)words[1], (ulong)words[2], (ulong)words[3]);
    }

    private static ulong Mix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
