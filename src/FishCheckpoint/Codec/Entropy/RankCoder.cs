namespace FishCheckpoint.Codec;

/// <summary>
/// Encodes uniformly distributed ascending numbers close to their entropy without a table: the gaps in a Golomb code whose parameter
/// follows from the density (docs/reference/format/values.md, "Ascending lists"; Gallager and van Voorhis 1975).
/// </summary>
internal static class RankCoder
{
    // Parameters, four per octave from 8 on: the nearest one costs almost nothing.
    private static readonly int[] Parameters =
        [.. Enumerable.Range(1, 7), .. Enumerable.Range(0, 64).Select(index => (4 + (index & 3)) << ((index >> 2) + 1))];

    /// <summary>The number of parameters.</summary>
    public static int Count => Parameters.Length;

    /// <summary>The best parameter for a list.</summary>
    /// <param name="count">The number of numbers.</param>
    /// <param name="range">The size of their range.</param>
    /// <returns>Its index in the list of parameters.</returns>
    public static int ParameterFor(int count, int range)
    {
        // The best one for a density p is the least m with (1 - p)^m + (1 - p)^(m + 1) <= 1: about 0.693 / p - 0.85.
        var all = 1000L * Math.Max(1, count);
        var best = Math.Max(1, ((693L * range) - (850L * Math.Max(1, count)) + all - 1) / all);
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
        var code = new GolombCode(Parameters[parameter]);
        var writer = destination;
        var next = 0;
        foreach (var rank in ranks)
        {
            code.Write(ref writer, (uint)(rank - next));
            next = rank + 1;
        }

        destination = writer;
    }

    /// <summary>Writes numbers, then an end mark: the first number outside their range.</summary>
    public static void WriteToEnd(ref BitWriter destination, ReadOnlySpan<int> ranks, int parameter, int range)
    {
        Write(ref destination, ranks, parameter);
        new GolombCode(Parameters[parameter]).Write(ref destination, (uint)(range - (ranks.Length == 0 ? 0 : ranks[^1] + 1)));
    }

    /// <summary>Reads numbers: the inverse of <see cref="Write"/>.</summary>
    /// <returns>Whether all are below <paramref name="range"/>.</returns>
    public static bool TryRead(ref BitReader source, Span<int> ranks, int parameter, int range)
    {
        var code = new GolombCode(Parameters[parameter]);
        var reader = source;
        var next = 0L;
        for (var index = 0; index < ranks.Length; index++)
        {
            next += code.Read(ref reader, range);
            if (next >= range)
            {
                return false;
            }

            ranks[index] = (int)next++;
        }

        source = reader;
        return !reader.Overrun;
    }

    /// <summary>Reads numbers up to the end mark: the inverse of <see cref="WriteToEnd"/>.</summary>
    /// <param name="source">The bits.</param>
    /// <param name="ranks">Receives the numbers; as long as the range.</param>
    /// <param name="parameter">The parameter used to write them.</param>
    /// <param name="range">The exclusive upper bound of the numbers.</param>
    /// <returns>The number of numbers; -1 if the end mark is invalid.</returns>
    public static int ReadToEnd(ref BitReader source, Span<int> ranks, int parameter, int range)
    {
        var code = new GolombCode(Parameters[parameter]);
        var reader = source;
        var (next, count) = (code.Read(ref reader, range), 0);
        for (; next < range; next += 1 + code.Read(ref reader, range))
        {
            ranks[count++] = (int)next;
        }

        source = reader;
        return next == range && !reader.Overrun ? count : -1;
    }
}
