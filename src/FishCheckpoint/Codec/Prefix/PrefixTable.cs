using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>
/// A prefix code over the symbols of magnitudes, laid out for speed: what a step needs of it is one word, the plain bits that follow a
/// symbol included. Shorter codes come first, and codes of one length in the order of their symbols; the bits of a code stand in a stream
/// the highest first. Made again and again in place.
/// </summary>
internal sealed class PrefixTable
{
    /// <summary>The most bits that a number takes.</summary>
    public const int MaxBits = PrefixLengths.Longest + 30;

    private readonly ulong[] encoding = new ulong[MagnitudePlaces.Symbols];
    private readonly ulong[] decoding = new ulong[1 << PrefixLengths.Longest];

    /// <summary>Of each symbol, from the lowest bit: plain bits (8), bits of the code (8), the code (16), bits in all (8).</summary>
    public ref ulong Encoding => ref MemoryMarshal.GetArrayDataReference(encoding);

    /// <summary>Of each pattern of <see cref="PrefixLengths.Longest"/> bits, from the lowest: bits in all (8), bits of the code (8), and
    /// above 32 the least number.</summary>
    public ref ulong Decoding => ref MemoryMarshal.GetArrayDataReference(decoding);

    /// <summary>Prepares for encoding.</summary>
    /// <param name="lengths">Bits of each symbol's code; 0 for symbols that have none.</param>
    public void BuildEncoding(ReadOnlySpan<byte> lengths)
    {
        var next = FirstOf(lengths, stackalloc int[PrefixLengths.Longest + 1]);
        var plain = Magnitudes.BitsOf(signed: false);
        for (var symbol = 0; symbol < lengths.Length; symbol++)
        {
            uint length = lengths[symbol];
            encoding[symbol] = length == 0
                ? 0 : plain[symbol] | ((ulong)length << 8) | (Reverse(next[(int)length]++, (int)length) << 16)
                    | ((ulong)(length + plain[symbol]) << 32);
        }
    }

    /// <summary>Prepares for decoding: the mirror of <see cref="BuildEncoding"/>.</summary>
    /// <param name="lengths">Those of a code that leaves no pattern out.</param>
    public void BuildDecoding(ReadOnlySpan<byte> lengths)
    {
        var next = FirstOf(lengths, stackalloc int[PrefixLengths.Longest + 1]);
        var plain = Magnitudes.BitsOf(signed: false);
        for (var symbol = 0; symbol < lengths.Length; symbol++)
        {
            if (lengths[symbol] is var length and > 0)
            {
                var entry = (uint)(length + plain[symbol]) | ((ulong)(uint)length << 8) | (Magnitudes.BaseOf[symbol] << 32);
                for (var pattern = (int)Reverse(next[length]++, length); pattern < decoding.Length; pattern += 1 << length)
                {
                    decoding[pattern] = entry;
                }
            }
        }
    }

    // The first code of each length.
    private static Span<int> FirstOf(ReadOnlySpan<byte> lengths, Span<int> first)
    {
        first.Clear();
        foreach (var length in lengths)
        {
            first[length] += length == 0 ? 0 : 1;
        }

        var code = 0;
        for (var length = 1; length < first.Length; length++)
        {
            (first[length], code) = (code, (code + first[length]) << 1);
        }

        return first;
    }

    // Streams are read from the lowest bit on.
    private static ulong Reverse(int code, int length)
    {
        var reversed = 0UL;
        for (var bit = 0; bit < length; bit++)
        {
            reversed = (reversed << 1) | ((ulong)(code >> bit) & 1);
        }

        return reversed;
    }
}
