using System.Numerics;

namespace FishCheckpoint.Codec;

/// <summary>
/// Symbols encoded by a few rates instead of a table (docs/reference/format/values.md, "Rate tables"). A rate is the probability that a
/// symbol ends at a place, given that it has reached it. The last rate applies to all later symbols, so one rate is a geometric
/// distribution. For a small block, a table would be longer than the distances.
/// </summary>
internal static class SymbolRates
{
    /// <summary>The most rates in a table.</summary>
    public const int MaxRates = 15;

    private const int LevelBits = 6;
    private const int Levels = 1 << LevelBits;
    private const int CountBits = 4;
    private const int Precision = 26;

    // Rates whose angles (with the rate as squared sine) are evenly spaced lose equally everywhere; 3t² - 2t³ approximates that to a
    // percent in exact integers.
    private static readonly ushort[] Rates =
        [.. Enumerable.Range(0, Levels).Select(level => (ushort)At((2 * level) + 1))];

    /// <summary>The rate of a level, in parts per 65,536.</summary>
    public static int RateOf(int level) => Rates[level];

    /// <summary>The boundary between a level and the next, in parts per 65,536.</summary>
    public static int Between(int level) => At(2 * (level + 1));

    /// <summary>Chooses rates.</summary>
    /// <param name="counts">The frequency of each symbol, from the first symbol of all tables to the last symbol of this one.</param>
    /// <param name="levels">Receives the level of each rate; has space for <see cref="MaxRates"/>.</param>
    /// <param name="bits">The estimated bits for the symbols and the rates.</param>
    /// <returns>The number of rates; 0 for one symbol.</returns>
    public static int Choose(ReadOnlySpan<int> counts, Span<byte> levels, out float bits)
    {
        bits = 1 + (2 * BitOperations.Log2((uint)counts.Length | 1));
        if (counts.Length <= 1)
        {
            return 0;
        }

        // From each place on: the number of symbols, and their total number of steps.
        Span<(int Count, long Steps)> tails = stackalloc (int, long)[counts.Length + 1];
        for (var symbol = counts.Length - 1; symbol >= 0; symbol--)
        {
            var (after, steps) = tails[symbol + 1];
            tails[symbol] = (after + counts[symbol], steps + after + counts[symbol]);
        }

        // A symbol that reaches the last place ends there.
        var (best, own, least, surely) = (1, 0f, float.MaxValue, tails[counts.Length - 1].Count);
        for (var rates = 1; rates <= Math.Min(MaxRates, counts.Length - 1); rates++)
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

    /// <summary>Reads rates: the inverse of <see cref="Write"/>.</summary>
    /// <returns>The number of symbols and of rates; 0 symbols if the encoding is invalid.</returns>
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

    /// <summary>
    /// The states of each symbol: at least one each, with a sum of 2^<paramref name="log"/>; deterministic on all machines.
    /// </summary>
    /// <param name="levels">At least one level, unless there is one symbol.</param>
    /// <param name="log">Bits per state, at least <see cref="LeastLog"/>.</param>
    /// <param name="scaled">Filled with one count per symbol.</param>
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

    /// <summary>The fewest bits per state with room for that many symbols.</summary>
    public static int LeastLog(int symbols) => Math.Max(AnsTables.MinLog, BitOperations.Log2((uint)symbols) + 3);

    // The entropy of a number of ends among a number of steps, in bits.
    private static float Entropy(int ends, long steps) =>
        ends == 0 || ends == steps ? 0
            : (steps * MathF.Log2(steps)) - (ends * MathF.Log2(ends)) - ((steps - ends) * MathF.Log2(steps - ends));

    // In half steps.
    private static int At(int angle) => angle * angle * (384 - (2 * angle)) / 32;

    private static byte LevelOf(int ends, long steps) =>
        (byte)(steps == 0 ? 0 : Math.Min(Levels - 1, (int)(MathF.Asin(MathF.Sqrt((float)ends / steps)) * (2 * Levels / MathF.PI))));
}
