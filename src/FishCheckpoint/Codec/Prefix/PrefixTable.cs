using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>
/// A prefix code over the symbols of magnitudes, laid out so that each step loads one word, which includes the plain bits after a symbol.
/// Shorter codes come first; codes of equal length are in the order of their symbols. The bits of a code are in the stream from highest to
/// lowest. Rebuilt in place for each use.
/// </summary>
internal sealed class PrefixTable
{
    /// <summary>The most bits for a number.</summary>
    public const int MaxBits = PrefixLengths.MaxLength + 30;

    private readonly ulong[] encoding = new ulong[MagnitudePlaces.Symbols];
    private readonly ulong[] decoding = new ulong[1 << PrefixLengths.MaxLength];

    /// <summary>
    /// Per symbol, from the lowest bit: number of plain bits (8), number of code bits (8), the code (16), number of all bits (8).
    /// </summary>
    public ref ulong Encoding => ref MemoryMarshal.GetArrayDataReference(encoding);

    /// <summary>
    /// Per pattern of <see cref="PrefixLengths.MaxLength"/> bits, from the lowest: number of all bits (8), number of code bits (8), and
    /// above bit 32 the smallest number.
    /// </summary>
    public ref ulong Decoding => ref MemoryMarshal.GetArrayDataReference(decoding);

    /// <summary>Prepares the table for encoding.</summary>
    /// <param name="lengths">The code length of each symbol; 0 for symbols without a code.</param>
    public void BuildEncoding(ReadOnlySpan<byte> lengths)
    {
        var next = FirstOf(lengths, stackalloc int[PrefixLengths.MaxLength + 1]);
        var plain = Magnitudes.BitsOf(signed: false);
        for (var symbol = 0; symbol < lengths.Length; symbol++)
        {
            uint length = lengths[symbol];
            encoding[symbol] = length == 0
                ? 0 : plain[symbol] | ((ulong)length << 8) | (Reverse(next[(int)length]++, (int)length) << 16)
                    | ((ulong)(length + plain[symbol]) << 32);
        }
    }

    /// <summary>Prepares the table for decoding: the inverse of <see cref="BuildEncoding"/>.</summary>
    /// <param name="lengths">The lengths of a complete code.</param>
    public void BuildDecoding(ReadOnlySpan<byte> lengths)
    {
        var next = FirstOf(lengths, stackalloc int[PrefixLengths.MaxLength + 1]);
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

    // Streams are read from the lowest bit.
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
