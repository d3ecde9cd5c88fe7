using System.Numerics;

namespace FishCheckpoint.Codec;

/// <summary>
/// Symbol counts scaled to the states of an <see cref="AnsTables"/> and rounded to half octaves, each encoded as the difference from the
/// previous one (docs/reference/format/values.md, "Level tables"). Neighboring magnitudes are about equally frequent, and a state more or
/// less costs almost nothing.
/// </summary>
internal static class SymbolLevels
{
    // The assumed level before the first, in half octaves below all states.
    private const int Start = 8;

    // The approximate cost of a table, and of each of its symbols.
    private const float TableBits = 8;
    private const float SymbolBits = 5;

    /// <summary>
    /// Scales counts to a sum of 2^<paramref name="log"/>, with at least one state for each symbol that occurs; all but one count are
    /// levels.
    /// </summary>
    /// <param name="counts">Counts of at most 2^(<paramref name="log"/> - 2) symbols.</param>
    /// <param name="log">Bits per state.</param>
    /// <param name="scaled">Filled.</param>
    public static void Scale(ReadOnlySpan<int> counts, int log, Span<short> scaled)
    {
        var (total, most) = (0L, 0);
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            total += counts[symbol];
            most = counts[symbol] > counts[most] ? symbol : most;
        }

        var left = 1 << log;
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            var states = counts[symbol] == 0 ? 0 : Math.Max(1, (int)((((long)counts[symbol] << log) + (total / 2)) / total));
            scaled[symbol] = (short)(symbol == most ? 0 : StatesOf(LevelOf(states)));
            left -= scaled[symbol];
        }

        // The most frequent symbol gets the rest.
        while (left < 1)
        {
            var largest = scaled.IndexOf(Largest(scaled));
            var less = (short)StatesOf(LevelOf(scaled[largest]) - 1);
            left += scaled[largest] - less;
            scaled[largest] = less;
        }

        scaled[most] = (short)left;
    }

    /// <summary>Writes scaled counts.</summary>
    public static void Write(ref BitWriter writer, ReadOnlySpan<short> scaled, int log)
    {
        var (first, last, free) = (scaled.IndexOfAnyExcept((short)0), scaled.LastIndexOfAnyExcept((short)0), FreeOf(scaled));
        SymbolCounts.WriteNumber(ref writer, first);
        SymbolCounts.WriteNumber(ref writer, last - first);
        writer.Write((ulong)(free - first), SymbolCounts.LengthOf(last - first));
        var before = (2 * log) - Start;
        for (var symbol = first; symbol <= last; symbol++)
        {
            if (symbol != free)
            {
                var level = LevelOf(scaled[symbol]);
                var difference = level - before;
                SymbolCounts.WriteNumber(ref writer, (difference << 1) ^ (difference >> 31));
                before = level;
            }
        }
    }

    /// <summary>Reads scaled counts: the inverse of <see cref="Write"/>.</summary>
    /// <returns>Whether they are valid.</returns>
    public static bool TryRead(ref BitReader reader, Span<short> scaled, int log)
    {
        scaled.Clear();
        var (first, span) = (SymbolCounts.ReadNumber(ref reader), SymbolCounts.ReadNumber(ref reader));
        var free = first + (int)reader.Read(SymbolCounts.LengthOf(span));
        if (first + span >= scaled.Length || free > first + span || reader.Overrun)
        {
            return false;
        }

        var (level, left) = ((2 * log) - Start, 1 << log);
        for (var symbol = first; symbol <= first + span; symbol++)
        {
            if (symbol != free)
            {
                var zigzag = SymbolCounts.ReadNumber(ref reader);
                level += (zigzag >> 1) ^ -(zigzag & 1);
                if (level < 0 || level > 2 * log)
                {
                    return false;
                }

                scaled[symbol] = (short)StatesOf(level);
                left -= scaled[symbol];
            }
        }

        scaled[free] = (short)left;
        return left > 0 && !reader.Overrun;
    }

    /// <summary>Estimates the bits for symbols and their table.</summary>
    public static float Cost(ReadOnlySpan<int> counts)
    {
        var (total, sum, kinds) = (0, 0f, 0);
        foreach (var count in counts)
        {
            if (count > 0)
            {
                total += count;
                sum += count * MathF.Log2(count);
                kinds++;
            }
        }

        return total == 0 ? 0 : (total * MathF.Log2(total)) - sum + TableBits + (SymbolBits * kinds);
    }

    /// <summary>Computes the bits for symbols with a table of 2^<paramref name="log"/> states, and for the table.</summary>
    public static float Cost(ReadOnlySpan<int> counts, ReadOnlySpan<short> scaled, int log)
    {
        var (first, last, free) = (scaled.IndexOfAnyExcept((short)0), scaled.LastIndexOfAnyExcept((short)0), FreeOf(scaled));
        var (bits, before) = (3f * SymbolCounts.LengthOf(last - first), (2 * log) - Start);
        for (var symbol = first; symbol <= last; symbol++)
        {
            bits += counts[symbol] == 0 ? 0 : counts[symbol] * (log - MathF.Log2(scaled[symbol]));
            if (symbol != free)
            {
                var level = LevelOf(scaled[symbol]);
                bits += (2 * BitOperations.Log2((uint)(2 * Math.Abs(level - before)) + 1)) + 1;
                before = level;
            }
        }

        return bits;
    }

    private static int StatesOf(int level) => level < 2 ? level : (2 + (level & 1)) << ((level >> 1) - 1);

    // The nearest level: rounds up from a quarter of an octave.
    private static int LevelOf(int states)
    {
        var log = BitOperations.Log2((uint)states | 1);
        return states < 4 ? states : (2 * log) + ((states - (1 << log) + (1 << (log - 2))) >> (log - 1));
    }

    // The symbol that gets the rest.
    private static int FreeOf(ReadOnlySpan<short> scaled)
    {
        for (var symbol = 0; symbol < scaled.Length; symbol++)
        {
            if (StatesOf(LevelOf(scaled[symbol])) != scaled[symbol])
            {
                return symbol;
            }
        }

        return scaled.IndexOf(Largest(scaled));
    }

    private static short Largest(ReadOnlySpan<short> scaled)
    {
        var largest = (short)0;
        foreach (var states in scaled)
        {
            largest = Math.Max(largest, states);
        }

        return largest;
    }
}
