using System.Numerics;

namespace FishCheckpoint.Codec;

/// <summary>
/// Bits that are set at one rate, near their entropy and several at a time (docs/FORMAT.md, "Words"): a few of them are a symbol, whose table the rate alone tells.
/// Where many bits are set that is shorter than a list of them, and faster. The tables never change: all coders share them.
/// </summary>
internal static class WordCoder
{
    /// <summary>The number of rates, from just below a half down.</summary>
    public const int Count = Highest - Lowest + 1;

    /// <summary>Bits of a state.</summary>
    public const int Log = AnsTables.MaxLog;

    // Levels of SymbolRates: a rate above a half is that of the bits that are not set, and below the lowest a word says too little.
    private const int Highest = 31;
    private const int Lowest = 7;

    // The rates whose words are wide, which are faster; of rarer bits a wide word has too many values that hardly occur.
    private const int Wide = 16;
    private const int WideBits = 6;
    private const int NarrowBits = 4;
    private const int Precision = 26;

    /// <summary>The most values of a word.</summary>
    public const int Values = 1 << WideBits;

    private static readonly AnsTables Tables = Build();

    /// <summary>The rate of so many bits out of a range; the same on every machine.</summary>
    /// <param name="set">At most half of them.</param>
    /// <param name="range">All bits, at least one.</param>
    /// <returns>Its number, from 0 for the highest on; <see cref="Count"/> or more where words do not suit it.</returns>
    public static int RateFor(int set, int range)
    {
        var (share, level) = (((long)set << 16) / range, 0);
        while (level < Highest && SymbolRates.Between(level) <= share)
        {
            level++;
        }

        return Highest - level;
    }

    /// <summary>Bits of a word.</summary>
    /// <param name="rate">The rate's number.</param>
    public static int WidthOf(int rate) => Highest - rate >= Wide ? WideBits : NarrowBits;

    /// <summary>Cuts bits into words.</summary>
    /// <param name="bits">The least significant first; eight bytes more than they take.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="inverted">Whether it is the bits not set that are rarer.</param>
    /// <param name="rate">The rate's number.</param>
    /// <param name="words">Room for a word more than they are.</param>
    /// <returns>The number of words.</returns>
    public static int Cut(ReadOnlySpan<byte> bits, int count, bool inverted, int rate, Span<byte> words)
    {
        var reader = new BitReader(bits);
        var (width, flip, written) = (WidthOf(rate), inverted ? ulong.MaxValue : 0, 0);
        for (var rest = count; rest > 0; rest -= width)
        {
            words[written++] = (byte)((reader.Read(width) ^ flip) & ((1UL << Math.Min(rest, width)) - 1));
        }

        return written;
    }

    /// <summary>Takes words in, from the last one to the first.</summary>
    /// <param name="words">The words.</param>
    /// <param name="rate">The rate's number.</param>
    /// <param name="states">The state of the last word, and that of the one before; replaced.</param>
    /// <param name="lows">Receives, for each word, what is to be written.</param>
    /// <param name="bits">Receives how many bits of it.</param>
    public static void Encode(ReadOnlySpan<byte> words, int rate, ref (uint Current, uint Other) states, Span<ushort> lows, Span<byte> bits)
    {
        var tables = Tables;
        var (table, (current, other)) = (rate * Values, states);
        for (var index = words.Length - 1; index >= 0; index--)
        {
            var before = other;
            var taken = tables.Encode(ref other, table + words[index]);
            lows[index] = (ushort)(before & ((1U << taken) - 1));
            bits[index] = (byte)taken;
            (current, other) = (other, current);
        }

        states = (current, other);
    }

    /// <summary>Reads words and puts them together: the mirror of <see cref="Cut"/> and <see cref="Encode"/>.</summary>
    /// <param name="source">The bits that states ask for.</param>
    /// <param name="rate">The rate's number.</param>
    /// <param name="states">The state of the next word, and that of the one after; replaced.</param>
    /// <param name="count">How many bits the words hold.</param>
    /// <param name="target">Filled; eight bytes more than they take.</param>
    /// <returns>How many are set.</returns>
    public static int Read(ref BitReader source, int rate, ref (uint Next, uint After) states, int count, Span<byte> target)
    {
        var table = Tables.Decoding.Slice(rate << AnsTables.MaxLog, 1 << AnsTables.MaxLog);
        var reader = source;
        var writer = new BitWriter(target);
        var ((next, after), width, set, rest) = (states, WidthOf(rate), 0, count);

        // Four words ask for 44 bits at most, which one look has.
        for (; rest >= 4 * width; rest -= 4 * width)
        {
            var (first, second, peeked) = (table[(int)next], table[(int)after], reader.Peek());
            var (firstBits, secondBits) = ((int)(first >> 24), (int)(first >> 24) + (int)(second >> 24));
            next = Go(first, peeked);
            after = Go(second, peeked >> firstBits);
            var (third, fourth) = (table[(int)next], table[(int)after]);
            var thirdBits = secondBits + (int)(third >> 24);
            next = Go(third, peeked >> secondBits);
            after = Go(fourth, peeked >> thirdBits);
            reader.Skip(thirdBits + (int)(fourth >> 24));
            var words = Word(first) | (Word(second) << width) | (Word(third) << (2 * width)) | (Word(fourth) << (3 * width));
            set += BitOperations.PopCount(words);
            writer.Write(words, 4 * width);
        }

        for (; rest > 0; rest -= width)
        {
            var entry = table[(int)next];
            next = Go(entry, reader.Peek());
            reader.Skip((int)(entry >> 24));
            (next, after) = (after, next);
            var (bits, word) = (Math.Min(rest, width), Word(entry) & ((1UL << Math.Min(rest, width)) - 1));
            set += BitOperations.PopCount(word);
            writer.Write(word, bits);
        }

        source = reader;
        states = (next, after);
        return set;
    }

    private static ulong Word(uint entry) => (entry >> 16) & 0xFF;

    private static uint Go(uint entry, ulong bits) => (entry & 0xFFFF) + (uint)(bits & ((1UL << (int)(entry >> 24)) - 1));

    private static AnsTables Build()
    {
        var tables = new AnsTables(Count, Values);
        Span<short> states = stackalloc short[Values];
        for (var rate = 0; rate < Count; rate++)
        {
            states.Clear();
            Scale(rate, states[..(1 << WidthOf(rate))]);
            tables.BuildDecoding(rate, states, Log);
            tables.BuildEncoding(rate, states, Log);
        }

        return tables;
    }

    // The states of each word: what its bits make of all of them, and one at least; the word without a bit takes what is left.
    private static void Scale(int rate, Span<short> states)
    {
        var (set, left) = (SymbolRates.RateOf(Highest - rate), 1 << Log);
        for (var word = states.Length - 1; word > 0; word--)
        {
            var share = 1L << Precision;
            for (var bit = 0; bit < WidthOf(rate); bit++)
            {
                share = (share * (((word >> bit) & 1) == 1 ? set : (1 << 16) - set)) >> 16;
            }

            states[word] = (short)Math.Max(1, (share + (1L << (Precision - Log - 1))) >> (Precision - Log));
            left -= states[word];
        }

        states[0] = (short)left;
    }
}
