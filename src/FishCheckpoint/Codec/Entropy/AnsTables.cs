using System.Numerics;
using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>
/// Tables of asymmetric numeral systems, one per distribution of symbols. A symbol takes a fractional number of bits that matches its
/// probability (Duda, "Asymmetric numeral systems", 2009; symbols are spread over states as in Collet's FSE). All tables have the same
/// number of states, so that one state can be used with all of them. Rebuilt in place for each use.
/// </summary>
/// <param name="tables">The most tables.</param>
/// <param name="symbols">Symbols per table, at most 256.</param>
internal sealed class AnsTables(int tables, int symbols)
{
    /// <summary>The most bits per state.</summary>
    public const int MaxLog = 11;

    /// <summary>The fewest bits per state.</summary>
    public const int MinLog = 6;

    private uint[] decoding = [];
    private ushort[] encoding = [];
    private Step[] steps = [];
    private readonly byte[] spread = new byte[1 << MaxLog];
    private readonly int[] next = new int[symbols];

    /// <summary>
    /// Per state of each table, from <c>table &lt;&lt; MaxLog</c> on: next state's base (16 bits), symbol (8), bits to read (8), from the
    /// least significant.
    /// </summary>
    public ReadOnlySpan<uint> Decoding => decoding;

    /// <summary>Prepares a table for decoding.</summary>
    /// <param name="table">Its number.</param>
    /// <param name="counts">The number of states of each symbol; their sum is 2^<paramref name="log"/>.</param>
    /// <param name="log">Bits per state.</param>
    public void BuildDecoding(int table, ReadOnlySpan<short> counts, int log)
    {
        decoding = decoding.Length > 0 ? decoding : new uint[tables << MaxLog];
        Spread(counts, log);
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            next[symbol] = counts[symbol];
        }

        var size = 1 << log;
        var target = decoding.AsSpan(table << MaxLog, size);
        for (var state = 0; state < size; state++)
        {
            var symbol = spread[state];
            var number = next[symbol]++;
            var bits = log - BitOperations.Log2((uint)number);
            target[state] = (uint)((number << bits) - size) | ((uint)symbol << 16) | ((uint)bits << 24);
        }
    }

    /// <summary>Prepares a table for encoding: the inverse of <see cref="BuildDecoding"/>.</summary>
    public void BuildEncoding(int table, ReadOnlySpan<short> counts, int log)
    {
        if (encoding.Length == 0)
        {
            (encoding, steps) = (new ushort[tables << MaxLog], new Step[tables * symbols]);
        }

        Spread(counts, log);
        var (size, sum) = (1 << log, 0);
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            if (counts[symbol] is var count and > 0)
            {
                var bits = log - BitOperations.Log2((uint)Math.Max(1, count - 1));
                steps[(table * symbols) + symbol] = new Step((bits << 16) - (count << bits), (table << MaxLog) + sum - count);
                next[symbol] = sum;
                sum += count;
            }
        }

        var target = encoding.AsSpan(table << MaxLog, size);
        for (var state = 0; state < size; state++)
        {
            target[next[spread[state]]++] = (ushort)(size + state);
        }
    }

    /// <summary>The encoder, after its tables are prepared.</summary>
    /// <param name="table">The encoder's first table.</param>
    public Encoder EncoderFrom(int table) => new(steps.AsSpan(table * symbols), encoding);

    private void Spread(ReadOnlySpan<short> counts, int log)
    {
        var size = 1 << log;
        var step = (size >> 1) + (size >> 3) + 3;
        var place = 0;
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            for (var index = 0; index < counts[symbol]; index++)
            {
                spread[place] = (byte)symbol;
                place = (place + step) & (size - 1);
            }
        }
    }

    /// <summary>Encodes symbols.</summary>
    internal readonly ref struct Encoder
    {
        private readonly ReadOnlySpan<Step> steps;
        private readonly ReadOnlySpan<ushort> encoding;

        internal Encoder(ReadOnlySpan<Step> steps, ReadOnlySpan<ushort> encoding)
        {
            this.steps = steps;
            this.encoding = encoding;
        }

        /// <summary>Encodes a symbol. Symbols are encoded in reverse order of decoding.</summary>
        /// <param name="state">From 2^log to twice that; replaced.</param>
        /// <param name="symbol">(Table number - first table) * symbols per table + symbol.</param>
        /// <param name="bits">The number of low bits of the old state to write.</param>
        /// <returns>These bits.</returns>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ulong Encode(ref uint state, int symbol, out int bits)
        {
            var (step, before) = (steps[symbol], state);
            bits = (int)((before + (uint)step.Bits) >> 16);
            state = encoding[(int)(before >> bits) + step.State];
            return before & ((1UL << bits) - 1);
        }
    }

    /// <summary>
    /// The number of bits that a state emits, minus a threshold; and the offset of its successor, minus the symbol's count.
    /// </summary>
    internal readonly record struct Step(int Bits, int State);
}
