using System.Numerics;

namespace FishCheckpoint.Codec;

/// <summary>How often each symbol occurs, scaled to the states of an <see cref="AnsTables"/>, and how that is written (docs/FORMAT.md, "Tables").</summary>
internal static class SymbolCounts
{
    /// <summary>The fewest bits of a state that leave room for each symbol.</summary>
    public static int LeastLog(ReadOnlySpan<int> counts)
    {
        var kinds = 0u;
        foreach (var count in counts)
        {
            kinds += count > 0 ? 1u : 0;
        }

        return Math.Max(AnsTables.MinLog, BitOperations.Log2(kinds) + 2);
    }

    /// <summary>Scales counts so that they add up to 2^<paramref name="log"/> and every symbol that occurs keeps one state at least.</summary>
    public static void Scale(ReadOnlySpan<int> counts, int log, Span<short> scaled)
    {
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

        // What rounding has left over or taken too much of falls to the most frequent, where it costs least.
        while (sum != size)
        {
            var largest = Largest(scaled);
            var change = sum < size ? size - sum : Math.Max(size - sum, -Math.Max(1, scaled[largest] / 8));
            scaled[largest] += (short)change;
            sum += change;
        }
    }

    /// <summary>Writes scaled counts.</summary>
    public static void Write(ref BitWriter writer, ReadOnlySpan<short> scaled, int log)
    {
        var first = scaled.IndexOfAnyExcept((short)0);
        writer.Write((ulong)first, 8);
        for (var (symbol, rest) = (first, 1 << log); rest > 0; symbol++)
        {
            var length = LengthOf(scaled[symbol]);
            writer.Write((ulong)length, LengthOf(LengthOf(rest)));
            if (length > 1)
            {
                writer.Write((ulong)scaled[symbol] & ((1UL << (length - 1)) - 1), length - 1);
            }

            rest -= scaled[symbol];
        }
    }

    /// <summary>Reads scaled counts: the mirror of <see cref="Write"/>.</summary>
    /// <returns>Whether they are possible.</returns>
    public static bool TryRead(ref BitReader reader, Span<short> scaled, int log)
    {
        scaled.Clear();
        var symbol = (int)reader.Read(8);
        for (var rest = 1 << log; rest > 0; symbol++)
        {
            var length = (int)reader.Read(LengthOf(LengthOf(rest)));
            var count = length == 0 ? 0 : (1 << (length - 1)) | (int)reader.Read(length - 1);
            if (count > rest || symbol >= scaled.Length || reader.Overrun)
            {
                return false;
            }

            scaled[symbol] = (short)count;
            rest -= count;
        }

        return true;
    }

    /// <summary>The bits that symbols take, and about what their table does.</summary>
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

        return total == 0 ? 0 : (total * MathF.Log2(total)) - sum + 8 + (7 * kinds);
    }

    /// <summary>The bits that symbols take with a table of 2^<paramref name="log"/> states, and what that table does.</summary>
    public static float Cost(ReadOnlySpan<int> counts, ReadOnlySpan<short> scaled, int log)
    {
        var (bits, rest) = (8f, 1 << log);
        for (var symbol = 0; symbol < counts.Length && rest > 0; symbol++)
        {
            if (scaled[symbol] > 0)
            {
                bits += counts[symbol] * (log - MathF.Log2(scaled[symbol]));
            }

            // The zeros before the first symbol are not written.
            if (scaled[symbol] > 0 || rest < 1 << log)
            {
                bits += LengthOf(LengthOf(rest)) + Math.Max(0, LengthOf(scaled[symbol]) - 1);
                rest -= scaled[symbol];
            }
        }

        return bits;
    }

    private static int LengthOf(int number) => 32 - BitOperations.LeadingZeroCount((uint)number);

    private static int Largest(ReadOnlySpan<short> scaled)
    {
        var largest = 0;
        for (var symbol = 1; symbol < scaled.Length; symbol++)
        {
            largest = scaled[symbol] > scaled[largest] ? symbol : largest;
        }

        return largest;
    }
}
