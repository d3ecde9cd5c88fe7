using System.Numerics;
using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>
/// Bits that are set at one rate, near their entropy and several at a time (docs/reference/format/blocks.md, "Words"): a few of them are a
/// symbol, whose table the rate alone tells. Where many bits are set that is shorter than a list of them, and faster. The tables never
/// change: all coders share them.
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

    /// <summary>Takes bits in as words, from the last one to the first.</summary>
    /// <param name="bits">The least significant first; eight bytes more than they take.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="inverted">Whether it is the bits not set that are rarer.</param>
    /// <param name="rate">The rate's number.</param>
    /// <param name="states">The state of the last word, and that of the one before; replaced.</param>
    /// <param name="writer">Receives what the states give up.</param>
    public static void Encode(
        ReadOnlySpan<byte> bits, int count, bool inverted, int rate, ref (uint Current, uint Other) states, ref BackwardBitWriter writer)
    {
        var encoder = Tables.EncoderFrom(rate);
        var to = writer;
        var ((current, other), width, flip) = (states, WidthOf(rate), inverted ? uint.MaxValue : 0);
        var (index, mask) = ((count + width - 1) / width, (1U << width) - 1);
        for (var last = count - ((index - 1) * width); (index & 3) != 0; last = width)
        {
            index--;
            var low = encoder.Encode(ref other, (int)((Four(bits, index * width) ^ flip) & ((1U << last) - 1)), out var taken);
            to.Write(low, taken);
            (current, other) = (other, current);
        }

        // Four words give up 44 bits at most, which one write takes; and they are 24 bits at most, which one look has. Of the last four,
        // some bits may not be there.
        for (var there = count - ((index - 4) * width); index > 0; there = 4 * width)
        {
            index -= 4;
            var words = (Four(bits, index * width) ^ flip) & ((1U << Math.Min(there, 4 * width)) - 1);
            var fourth = encoder.Encode(ref other, (int)((words >> (3 * width)) & mask), out var fourthBits);
            var third = encoder.Encode(ref current, (int)((words >> (2 * width)) & mask), out var thirdBits);
            var second = encoder.Encode(ref other, (int)((words >> width) & mask), out var secondBits);
            var first = encoder.Encode(ref current, (int)(words & mask), out var firstBits);
            var (low, high) = (first | (second << firstBits), third | (fourth << thirdBits));
            to.Write(low | (high << (firstBits + secondBits)), firstBits + secondBits + thirdBits + fourthBits);
        }

        writer = to;
        states = (current, other);
    }

    /// <summary>Reads words and puts them together: the mirror of <see cref="Encode"/>.</summary>
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Four(ReadOnlySpan<byte> bits, int start) =>
        Unsafe.ReadUnaligned<uint>(in bits.Slice(start >> 3, sizeof(uint))[0]) >> (start & 7);

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
