namespace PlainFormat;

/// <summary>A table of an asymmetric numeral system (V7), and the forms in which its counts are written (V8 to V10).</summary>
internal sealed class PlainTable
{
    /// <summary>The rate of each level, in parts of 65,536.</summary>
    public static readonly long[] Rates =
        [.. Enumerable.Range(0, 64).Select(level => ((2L * level) + 1) * ((2L * level) + 1) * (384 - (2 * ((2L * level) + 1))) / 32)];

    private readonly (int Symbol, int Width, int Base)[] states;

    public PlainTable(int[] counts, int log)
    {
        var (size, place) = (1 << log, 0);
        var spread = new int[size];
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            for (var count = 0; count < counts[symbol]; count++)
            {
                spread[place] = symbol;
                place = (place + (size / 2) + (size / 8) + 3) % size;
            }
        }

        states = new (int, int, int)[size];
        var following = (int[])counts.Clone();
        for (var state = 0; state < size; state++)
        {
            var number = following[spread[state]]++;
            var width = log + 1 - PlainNumbers.BitsOf((ulong)number);
            states[state] = (spread[state], width, (number << width) - size);
        }
    }

    /// <summary>The symbol of a state, which is replaced by the next one.</summary>
    public int Step(PlainBits bits, ref int state)
    {
        var (symbol, width, start) = states[state];
        state = start + bits.Small(width);
        return symbol;
    }

    public static int[] ByCounts(PlainBits bits, int log, int symbols)
    {
        var (counts, first, span, largest) = Span(bits, symbols);
        for (var symbol = first; symbol <= first + span; symbol++)
        {
            if (symbol != largest)
            {
                var length = bits.Small(4);
                var kept = Math.Min(Math.Max(length - 1, 0), 4);
                counts[symbol] = length == 0 ? 0 : ((1 << kept) | bits.Small(kept)) << (length - 1 - kept);
            }
        }

        return Rest(counts, largest, log);
    }

    public static int[] ByLevels(PlainBits bits, int log, int symbols)
    {
        var (counts, first, span, largest) = Span(bits, symbols);
        var level = (2 * log) - 8;
        for (var symbol = first; symbol <= first + span; symbol++)
        {
            if (symbol != largest)
            {
                level += (int)PlainNumbers.Unzigzag((ulong)bits.GammaFrom0());
                RefusedException.Unless(level >= 0 && level <= 2 * log);
                counts[symbol] = level < 2 ? level : (2 + (level % 2)) << ((level / 2) - 1);
            }
        }

        return Rest(counts, largest, log);
    }

    public static int[] ByRates(PlainBits bits, int log, int symbols, int first)
    {
        var used = bits.GammaFrom0() + 1;
        var levels = new int[used > 1 ? bits.Small(4) : 0];
        for (var rate = 0; rate < levels.Length; rate++)
        {
            levels[rate] = bits.Small(6);
        }

        RefusedException.Unless((used == 1 || levels.Length > 0) && first + used <= symbols);
        RefusedException.Unless(log >= Math.Max(6, PlainNumbers.BitsOf((ulong)used) + 2));
        return [.. new int[first], .. Shares(levels, used, log), .. new int[symbols - first - used]];
    }

    private static int[] Shares(int[] levels, int used, int log)
    {
        var (left, counts) = (1L << 26, new int[used]);
        for (var symbol = 0; symbol < used; symbol++)
        {
            var part = symbol == used - 1 ? left : (left * Rates[levels[Math.Min(symbol, levels.Length - 1)]]) >> 16;
            left -= part;
            counts[symbol] = (int)Math.Max(1, (part + (1L << (25 - log))) >> (26 - log));
        }

        var (size, largest) = (1 << log, 0);
        largest = LargestAfter(counts, largest);
        while (counts.Sum() > size)
        {
            counts[largest] -= Math.Min(counts.Sum() - size, counts[largest] / 2);
            largest = LargestAfter(counts, largest);
        }

        counts[largest] += size - counts.Sum();
        return counts;
    }

    // Of two as large, the one that was the largest stays it.
    private static int LargestAfter(int[] counts, int largest)
    {
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            largest = counts[symbol] > counts[largest] ? symbol : largest;
        }

        return largest;
    }

    private static (int[] Counts, int First, int Span, int Largest) Span(PlainBits bits, int symbols)
    {
        var first = bits.GammaFrom0();
        var span = bits.GammaFrom0();
        var largest = first + bits.Small(PlainNumbers.BitsOf((ulong)span));
        RefusedException.Unless(first + span < symbols && largest <= first + span);
        return (new int[symbols], first, span, largest);
    }

    private static int[] Rest(int[] counts, int largest, int log)
    {
        counts[largest] = (1 << log) - counts.Sum();
        RefusedException.Unless(counts[largest] > 0);
        return counts;
    }
}
