using System.Numerics;

namespace FishCheckpoint.Codec;

/// <summary>
/// Ascending numbers drawn evenly from a range, near their entropy, without a table: the gaps between them as Golomb's codes with a parameter that the encoder
/// takes from the density (docs/FORMAT.md, "Ranks"; Gallager and van Voorhis 1975).
/// </summary>
internal static class RankCoder
{
    // Parameters, four to the octave from 8 on: the next best one costs next to nothing.
    private static readonly int[] Parameters =
        [.. Enumerable.Range(1, 7), .. Enumerable.Range(0, 64).Select(index => (4 + (index & 3)) << ((index >> 2) + 1))];

    /// <summary>The number of parameters.</summary>
    public static int Count => Parameters.Length;

    /// <summary>The parameter for so many numbers out of a range.</summary>
    /// <param name="count">The numbers.</param>
    /// <param name="range">Out of how many.</param>
    /// <returns>Its place in the list of parameters.</returns>
    public static int ParameterFor(int count, int range)
    {
        // The best one for a density p is the least m with (1 - p)^m + (1 - p)^(m + 1) <= 1: about 0.693 / p - 0.85.
        var best = Math.Max(1, (long)Math.Ceiling((0.693 * range / Math.Max(1, count)) - 0.85));
        var index = 0;
        while (index < Parameters.Length - 1 && best - Parameters[index] > Parameters[index + 1] - best)
        {
            index++;
        }

        return index;
    }

    /// <summary>Writes numbers.</summary>
    public static void Write(ref BitWriter destination, ReadOnlySpan<int> ranks, int parameter)
    {
        var step = (uint)Parameters[parameter];
        var (bits, cutoff) = Remainders(step);
        var writer = destination;
        var next = 0;
        foreach (var rank in ranks)
        {
            var (quotient, rest) = Math.DivRem((uint)(rank - next), step);
            next = rank + 1;
            writer.WriteUnary(quotient);
            if (step > 1)
            {
                var longer = rest >= cutoff;
                var value = longer ? rest + cutoff : rest;
                writer.Write(longer ? (value >> 1) | ((ulong)(value & 1) << (bits - 1)) : value, longer ? bits : bits - 1);
            }
        }

        destination = writer;
    }

    /// <summary>Reads numbers: the mirror of <see cref="Write"/>.</summary>
    /// <returns>Whether all lie below <paramref name="range"/>.</returns>
    public static bool TryRead(ref BitReader source, Span<int> ranks, int parameter, int range)
    {
        var step = (uint)Parameters[parameter];
        var (bits, cutoff) = Remainders(step);
        var reader = source;
        var (shorter, next) = (bits - 1, 0L);
        var mask = (1UL << Math.Max(0, shorter)) - 1;
        for (var index = 0; index < ranks.Length; index++)
        {
            var quotient = reader.ReadUnary();
            if (quotient >= range)
            {
                return false;
            }

            next += quotient * step;
            if (step > 1)
            {
                var peeked = reader.Peek();
                var value = (uint)(peeked & mask);
                var longer = value >= cutoff;
                next += longer ? ((value << 1) | (uint)((peeked >> shorter) & 1)) - cutoff : value;
                reader.Skip(longer ? bits : shorter);
            }

            if (next >= range)
            {
                return false;
            }

            ranks[index] = (int)next++;
        }

        source = reader;
        return !reader.Overrun;
    }

    // A remainder below the cutoff takes a bit less.
    private static (int Bits, uint Cutoff) Remainders(uint step)
    {
        var bits = step == 1 ? 0 : BitOperations.Log2(step - 1) + 1;
        return (bits, (1U << bits) - step);
    }
}
