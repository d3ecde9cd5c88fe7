using System.Numerics;

namespace FishCheckpoint.Codec;

/// <summary>
/// The frequency of each symbol, scaled to the states of an <see cref="AnsTables"/>, and its encoding (docs/reference/format/values.md,
/// "Count tables").
/// </summary>
internal static class SymbolCounts
{
    // Counts go up to 2^11.
    private const int LengthBits = 4;
    private const int KeptBits = 4;

    /// <summary>The fewest bits per state with room for each symbol.</summary>
    public static int LeastLog(ReadOnlySpan<int> counts)
    {
        var kinds = 0u;
        foreach (var count in counts)
        {
            kinds += count > 0 ? 1u : 0;
        }

        return Math.Max(AnsTables.MinLog, BitOperations.Log2(kinds) + 2);
    }

    /// <summary>Scales counts to a sum of 2^<paramref name="log"/>, with at least one state for each symbol that occurs.</summary>
    public static void Scale(ReadOnlySpan<int> counts, int log, Span<short> scaled)
    {
        // Few symbols occur, and for a small chunk the loops over symbols dominate.
        counts = counts[..Math.Max(1, counts.LastIndexOfAnyExcept(0) + 1)];
        scaled[counts.Length..].Clear();
        scaled = scaled[..counts.Length];
        var total = 0L;
        foreach (var count in counts)
        {
            total += count;
        }

        var (size, sum) = (1 << log, 0);
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            scaled[symbol] = counts[symbol] == 0 ? (short)0 : (short)Math.Max(1, (((long)counts[symbol] << log) + (total / 2)) / total);
            sum += scaled[symbol];
        }

        // Most counts are rounded to a few bits, at no measurable cost; the most frequent symbol gets the rest.
        var largest = Largest(scaled);
        for (var symbol = 0; symbol < scaled.Length; symbol++)
        {
            if (symbol != largest)
            {
                sum += Round(scaled[symbol]) - scaled[symbol];
                scaled[symbol] = Round(scaled[symbol]);
            }
        }

        scaled[largest] += (short)(size - sum);
        while (scaled[largest] < 1)
        {
            var next = SecondLargest(scaled, largest);
            var less = Round((short)(scaled[next] / 2));
            scaled[largest] += (short)(scaled[next] - less);
            scaled[next] = less;
        }
    }

    /// <summary>Writes scaled counts.</summary>
    public static void Write(ref BitWriter writer, ReadOnlySpan<short> scaled)
    {
        var (first, last, largest) = (scaled.IndexOfAnyExcept((short)0), scaled.LastIndexOfAnyExcept((short)0), Unrounded(scaled));
        WriteNumber(ref writer, first);
        WriteNumber(ref writer, last - first);
        writer.Write((ulong)(largest - first), LengthOf(last - first));
        for (var symbol = first; symbol <= last; symbol++)
        {
            if (symbol != largest)
            {
                var length = LengthOf(scaled[symbol]);
                writer.Write((ulong)length, LengthBits);
                var kept = Kept(length);
                writer.Write((ulong)(scaled[symbol] >> (length - 1 - kept)) & ((1UL << kept) - 1), kept);
            }
        }
    }

    /// <summary>Reads scaled counts: the inverse of <see cref="Write"/>.</summary>
    /// <returns>Whether they are valid.</returns>
    public static bool TryRead(ref BitReader reader, Span<short> scaled, int log)
    {
        scaled.Clear();
        var (first, span) = (ReadNumber(ref reader), ReadNumber(ref reader));
        var largest = first + (int)reader.Read(LengthOf(span));
        if (first + span >= scaled.Length || largest > first + span || reader.Overrun)
        {
            return false;
        }

        var rest = 1 << log;
        for (var symbol = first; symbol <= first + span; symbol++)
        {
            if (symbol != largest)
            {
                var length = (int)reader.Read(LengthBits);
                var kept = Kept(length);
                var count = length == 0 ? 0 : ((1 << kept) | (int)reader.Read(kept)) << (length - 1 - kept);
                rest -= count;
                scaled[symbol] = (short)count;
            }
        }

        scaled[largest] = (short)rest;
        return rest > 0 && !reader.Overrun;
    }

    /// <summary>Estimates the bits for symbols and their table.</summary>
    public static float Cost(ReadOnlySpan<int> counts)
    {
        var (total, sum, kinds) = (0, 0f, 0);
        foreach (var count in counts[..(counts.LastIndexOfAnyExcept(0) + 1)])
        {
            if (count > 0)
            {
                total += count;
                sum += count * MathF.Log2(count);
                kinds++;
            }
        }

        return total == 0 ? 0 : (total * MathF.Log2(total)) - sum + 6 + (7 * kinds);
    }

    /// <summary>Computes the bits for symbols with a table of 2^<paramref name="log"/> states, and for the table.</summary>
    public static float Cost(ReadOnlySpan<int> counts, ReadOnlySpan<short> scaled, int log)
    {
        var (first, last) = (scaled.IndexOfAnyExcept((short)0), scaled.LastIndexOfAnyExcept((short)0));
        var bits = 4f + (3 * LengthOf(last - first)) - LengthBits;
        for (var symbol = first; symbol <= last; symbol++)
        {
            bits += LengthBits + Kept(LengthOf(scaled[symbol]))
                + (counts[symbol] == 0 ? 0 : counts[symbol] * (log - MathF.Log2(scaled[symbol])));
        }

        return bits;
    }

    /// <summary>The number of bits in a number.</summary>
    public static int LengthOf(int number) => 32 - BitOperations.LeadingZeroCount((uint)number);

    private static int Largest(ReadOnlySpan<short> scaled)
    {
        var largest = 0;
        for (var symbol = 1; symbol < scaled.Length; symbol++)
        {
            largest = scaled[symbol] > scaled[largest] ? symbol : largest;
        }

        return largest;
    }

    // The symbol that gets the rest.
    private static int Unrounded(ReadOnlySpan<short> scaled)
    {
        for (var symbol = 0; symbol < scaled.Length; symbol++)
        {
            if (Round(scaled[symbol]) != scaled[symbol])
            {
                return symbol;
            }
        }

        return Largest(scaled);
    }

    private static int SecondLargest(ReadOnlySpan<short> scaled, int largest)
    {
        var found = largest == 0 ? 1 : 0;
        for (var symbol = 0; symbol < scaled.Length; symbol++)
        {
            found = symbol != largest && scaled[symbol] > scaled[found] ? symbol : found;
        }

        return found;
    }

    // Rounds to the bits that are written for a count: its length and the bits after its highest one.
    private static short Round(short count)
    {
        var length = LengthOf(count);
        var dropped = length - 1 - Kept(length);
        return dropped <= 0 ? count : (short)(count >> dropped << dropped);
    }

    private static int Kept(int length) => Math.Clamp(length - 1, 0, KeptBits);

    /// <summary>Writes a number plus 1 in Elias gamma code.</summary>
    public static void WriteNumber(ref BitWriter writer, int number)
    {
        var length = LengthOf(number + 1);
        writer.WriteUnary(length - 1);
        writer.Write((ulong)(number + 1) & ((1UL << (length - 1)) - 1), length - 1);
    }

    /// <summary>Reads a number: the inverse of <see cref="WriteNumber"/>.</summary>
    public static int ReadNumber(ref BitReader reader)
    {
        var length = (int)Math.Min(reader.ReadUnary(), 16);
        return ((1 << length) | (int)reader.Read(length)) - 1;
    }
}
