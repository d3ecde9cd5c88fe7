using System.Numerics;

namespace FishCheckpoint.Codec;

/// <summary>
/// Symbols told by a few rates instead of a table (docs/reference/format/values.md, "Rate tables"): how often a symbol ends there, given
/// that it has come so far. The last rate holds for all symbols that follow, so that one rate is a geometric distribution. A small block's
/// table would take more than its distances do.
/// </summary>
internal static class SymbolRates
{
    /// <summary>The most rates of a table.</summary>
    public const int Most = 15;

    private const int LevelBits = 6;
    private const int Levels = 1 << LevelBits;
    private const int CountBits = 4;
    private const int Precision = 26;

    // Even steps of the angle whose squared sine is the rate lose the same everywhere; 3t² - 2t³ is that sine to a percent, and exact in
    // integers.
    private static readonly ushort[] Rates =
        [.. Enumerable.Range(0, Levels).Select(level => (ushort)At((2 * level) + 1))];

    /// <summary>The rate of a level, in parts of 65,536.</summary>
    public static int RateOf(int level) => Rates[level];

    /// <summary>Where the rates of a level end and those of the next begin, in parts of 65,536.</summary>
    public static int Between(int level) => At(2 * (level + 1));

    /// <summary>Chooses rates.</summary>
    /// <param name="counts">How often each symbol occurs, from the first one on that any table has to the last one that this one
    /// has.</param>
    /// <param name="levels">Receives the level of each rate; room for <see cref="Most"/>.</param>
    /// <param name="bits">About how many bits the symbols take with them, the rates included.</param>
    /// <returns>How many rates: none for one symbol.</returns>
    public static int Choose(ReadOnlySpan<int> counts, Span<byte> levels, out float bits)
    {
        bits = 1 + (2 * BitOperations.Log2((uint)counts.Length | 1));
        if (counts.Length <= 1)
        {
            return 0;
        }

        // Of symbols from each place on: how many there are, and how many steps they take together.
        Span<(int Count, long Steps)> tails = stackalloc (int, long)[counts.Length + 1];
        for (var symbol = counts.Length - 1; symbol >= 0; symbol--)
        {
            var (after, steps) = tails[symbol + 1];
            tails[symbol] = (after + counts[symbol], steps + after + counts[symbol]);
        }

        // What comes to the last symbol ends there.
        var (best, own, least, surely) = (1, 0f, float.MaxValue, tails[counts.Length - 1].Count);
        for (var rates = 1; rates <= Math.Min(Most, counts.Length - 1); rates++)
        {
            var (count, steps) = tails[rates - 1];
            var all = own + Entropy(count - surely, steps - surely) + (LevelBits * rates);
            (best, least) = all < least ? (rates, all) : (best, least);
            own += Entropy(counts[rates - 1], count);
            if (own > least)
            {
                break;
            }
        }

        bits += least + CountBits;
        for (var rate = 0; rate < best; rate++)
        {
            var (count, steps) = tails[rate];
            levels[rate] = rate < best - 1 ? LevelOf(counts[rate], count) : LevelOf(count - surely, steps - surely);
        }

        return best;
    }

    /// <summary>Writes rates.</summary>
    public static void Write(ref BitWriter writer, int symbols, ReadOnlySpan<byte> levels)
    {
        SymbolCounts.WriteNumber(ref writer, Math.Max(0, symbols - 1));
        if (symbols > 1)
        {
            writer.Write((ulong)levels.Length, CountBits);
        }

        foreach (var level in levels)
        {
            writer.Write(level, LevelBits);
        }
    }

    /// <summary>Reads rates: the mirror of <see cref="Write"/>.</summary>
    /// <returns>How many symbols, and how many rates; 0 symbols where no writer writes that.</returns>
    public static (int Symbols, int Rates) Read(ref BitReader reader, Span<byte> levels)
    {
        var symbols = SymbolCounts.ReadNumber(ref reader) + 1;
        var rates = symbols == 1 ? 0 : (int)reader.Read(CountBits);
        for (var index = 0; index < rates; index++)
        {
            levels[index] = (byte)reader.Read(LevelBits);
        }

        return (symbols > 1 && rates == 0 ? 0 : symbols, rates);
    }

    /// <summary>The states of each symbol: at least one, 2^<paramref name="log"/> together; the same on every machine.</summary>
    /// <param name="levels">At least one, unless there is one symbol.</param>
    /// <param name="log">Bits of a state, at least <see cref="LeastLog"/>.</param>
    /// <param name="scaled">Filled: a symbol each.</param>
    public static void Scale(ReadOnlySpan<byte> levels, int log, Span<short> scaled)
    {
        var (rest, sum, largest) = (1L << Precision, 0, 0);
        for (var symbol = 0; symbol < scaled.Length; symbol++)
        {
            var share = symbol == scaled.Length - 1 ? rest : (rest * Rates[levels[Math.Min(symbol, levels.Length - 1)]]) >> 16;
            rest -= share;
            scaled[symbol] = (short)Math.Max(1, (share + (1L << (Precision - log - 1))) >> (Precision - log));
            sum += scaled[symbol];
            largest = scaled[symbol] > scaled[largest] ? symbol : largest;
        }

        var size = 1 << log;
        while (sum > size)
        {
            var less = Math.Min(sum - size, scaled[largest] / 2);
            (scaled[largest], sum) = ((short)(scaled[largest] - less), sum - less);
            for (var symbol = 0; symbol < scaled.Length; symbol++)
            {
                largest = scaled[symbol] > scaled[largest] ? symbol : largest;
            }
        }

        scaled[largest] += (short)(size - sum);
    }

    /// <summary>The fewest bits of a state that leave room for so many symbols.</summary>
    public static int LeastLog(int symbols) => Math.Max(AnsTables.MinLog, BitOperations.Log2((uint)symbols) + 3);

    // The bits of so many ends among so many steps.
    private static float Entropy(int ends, long steps) =>
        ends == 0 || ends == steps ? 0
            : (steps * MathF.Log2(steps)) - (ends * MathF.Log2(ends)) - ((steps - ends) * MathF.Log2(steps - ends));

    // In halves of a step.
    private static int At(int angle) => angle * angle * (384 - (2 * angle)) / 32;

    private static byte LevelOf(int ends, long steps) =>
        (byte)(steps == 0 ? 0 : Math.Min(Levels - 1, (int)(MathF.Asin(MathF.Sqrt((float)ends / steps)) * (2 * Levels / MathF.PI))));
}
