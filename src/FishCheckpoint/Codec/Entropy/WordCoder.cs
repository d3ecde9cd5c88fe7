using System.Numerics;
using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>
/// Bits that are set at one rate, close to their entropy and several at a time (docs/reference/format/blocks.md, "Words"). A few bits form
/// a symbol, whose table depends only on the rate. If many bits are set, this is shorter and faster than a list. The tables are constant
/// and shared by all coders.
/// </summary>
internal static class WordCoder
{
    /// <summary>The number of rates, from just below one half downwards.</summary>
    public const int Count = Highest - Lowest + 1;

    /// <summary>Bits per state.</summary>
    public const int Log = AnsTables.MaxLog;

    // Levels of SymbolRates. A rate above one half is coded by the unset bits, and below the lowest a word carries too little information.
    private const int Highest = 31;
    private const int Lowest = 7;

    // Rates for wide words, which are faster; for rarer bits, most values of a wide word would hardly occur.
    private const int Wide = 16;
    private const int WideBits = 6;
    private const int NarrowBits = 4;
    private const int Precision = 26;

    /// <summary>The most values of a word.</summary>
    public const int Values = 1 << WideBits;

    private static readonly AnsTables Tables = Build();

    /// <summary>The rate for set bits in a range; deterministic on all machines.</summary>
    /// <param name="set">The number of set bits, at most half of the range.</param>
    /// <param name="range">The number of all bits, at least one.</param>
    /// <returns>The rate's number, from 0 for the highest; <see cref="Count"/> or more if words do not suit it.</returns>
    public static int RateFor(int set, int range)
    {
        var (share, level) = (((long)set << 16) / range, 0);
        while (level < Highest && SymbolRates.Between(level) <= share)
        {
            level++;
        }

        return Highest - level;
    }

    /// <summary>Bits per word.</summary>
    /// <param name="rate">The rate's number.</param>
    public static int WidthOf(int rate) => Highest - rate >= Wide ? WideBits : NarrowBits;

    /// <summary>Encodes bits as words, from last to first.</summary>
    /// <param name="bits">The bits, least significant first; eight bytes longer than the bits.</param>
    /// <param name="count">The number of bits.</param>
    /// <param name="inverted">Whether the unset bits are rarer.</param>
    /// <param name="rate">The rate's number.</param>
    /// <param name="states">The state of the last word and of the one before it; updated.</param>
    /// <param name="writer">Receives the bits that the states emit.</param>
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

        // Four words emit at most 44 bits (one write) and contain at most 24 bits (one read). The last four may be incomplete.
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

    /// <summary>Decodes words: the inverse of <see cref="Encode"/>.</summary>
    /// <param name="source">The encoded bits.</param>
    /// <param name="rate">The rate's number.</param>
    /// <param name="states">The state of the next word and of the one after it; updated.</param>
    /// <param name="count">The number of bits in the words.</param>
    /// <param name="target">Filled; eight bytes longer than the bits.</param>
    /// <returns>The number of set bits.</returns>
    public static int Read(ref BitReader source, int rate, ref (uint Next, uint After) states, int count, Span<byte> target)
    {
        var table = Tables.Decoding.Slice(rate << AnsTables.MaxLog, 1 << AnsTables.MaxLog);
        var reader = source;
        var writer = new BitWriter(target);
        var ((next, after), width, set, rest) = (states, WidthOf(rate), 0, count);

        // Four words consume at most 44 bits, which one read contains.
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

    // The states of each word: proportional to its probability, and at least one; the word without set bits gets the rest.
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
