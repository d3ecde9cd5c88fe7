namespace FishCheckpoint.Codec;

/// <summary>The code length of each symbol (Huffman 1952), and its encoding (docs/reference/format/values.md, "Prefix codes").</summary>
internal static class PrefixLengths
{
    /// <summary>The longest code. A table of all its patterns fits in the L1 cache beside the streams.</summary>
    public const int MaxLength = 10;

    /// <summary>The most bytes for the encoded lengths.</summary>
    public const int MaxBytes = 1 + (MagnitudePlaces.Symbols / 2);

    private const int LengthBits = 4;

    /// <summary>Chooses lengths.</summary>
    /// <param name="counts">The frequency of each symbol; at least two occur.</param>
    /// <param name="lengths">Filled: 0 for symbols that do not occur, else at most <see cref="MaxLength"/>.</param>
    public static void Choose(ReadOnlySpan<int> counts, Span<byte> lengths)
    {
        // Raises the count of rare symbols until no code is longer: with equal counts, 72 symbols have 7 bits.
        for (var least = 1; !TryChoose(counts, least, lengths); least = 2 * least)
        {
        }
    }

    /// <summary>Writes lengths: the last symbol that has one, then 4 bits per symbol up to it.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(ReadOnlySpan<byte> lengths, Span<byte> destination)
    {
        var last = lengths.LastIndexOfAnyExcept((byte)0);
        destination[0] = (byte)last;
        var bytes = destination.Slice(1, BytesFor(last));
        bytes.Clear();
        for (var symbol = 0; symbol <= last; symbol++)
        {
            bytes[symbol >> 1] |= (byte)(lengths[symbol] << (LengthBits * (symbol & 1)));
        }

        return 1 + bytes.Length;
    }

    /// <summary>Reads lengths: the inverse of <see cref="Write"/>.</summary>
    /// <param name="source">The encoded lengths and more.</param>
    /// <param name="lengths">Filled.</param>
    /// <returns>Bytes read; 0 unless the lengths form a complete code.</returns>
    public static int Read(ReadOnlySpan<byte> source, Span<byte> lengths)
    {
        lengths.Clear();
        if (source.Length == 0 || source[0] >= lengths.Length || source.Length < 1 + BytesFor(source[0]))
        {
            return 0;
        }

        var (last, patterns) = (source[0], 0);
        var bytes = source.Slice(1, BytesFor(last));
        for (var symbol = 0; symbol <= last; symbol++)
        {
            var length = (bytes[symbol >> 1] >> (LengthBits * (symbol & 1))) & 0xF;
            if (length > MaxLength)
            {
                return 0;
            }

            lengths[symbol] = (byte)length;
            patterns += length == 0 ? 0 : (1 << MaxLength) >> length;
        }

        var unused = last % 2 == 0 ? bytes[^1] >> LengthBits : 0;
        return patterns == 1 << MaxLength && unused == 0 ? 1 + bytes.Length : 0;
    }

    private static int BytesFor(int last) => (last / 2) + 1;

    // Joins the two lightest nodes repeatedly. Symbols and joined nodes are each sorted by weight, so that the lightest are in front.
    private static bool TryChoose(ReadOnlySpan<int> counts, int least, Span<byte> lengths)
    {
        Span<long> symbols = stackalloc long[MagnitudePlaces.Symbols];
        var kinds = 0;
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            if (counts[symbol] > 0)
            {
                symbols[kinds++] = ((long)Math.Max(counts[symbol], least) << 8) | (long)symbol;
            }
        }

        symbols[..kinds].Sort();
        Span<long> weights = stackalloc long[MagnitudePlaces.Symbols];
        Span<short> parents = stackalloc short[2 * MagnitudePlaces.Symbols];
        var (leaf, joint) = (0, 0);
        for (var made = 0; made < kinds - 1; made++)
        {
            weights[made] = 0;
            for (var child = 0; child < 2; child++)
            {
                var takesLeaf = joint == made || (leaf < kinds && symbols[leaf] >> 8 <= weights[joint]);
                weights[made] += takesLeaf ? symbols[leaf] >> 8 : weights[joint];
                parents[takesLeaf ? leaf++ : kinds + joint++] = (short)(kinds + made);
            }
        }

        // From the root, which was created last, to the leaves.
        Span<byte> depths = stackalloc byte[2 * MagnitudePlaces.Symbols];
        var deepest = depths[(2 * kinds) - 2] = 0;
        for (var node = (2 * kinds) - 3; node >= 0; node--)
        {
            depths[node] = (byte)(depths[parents[node]] + 1);
            deepest = Math.Max(deepest, depths[node]);
        }

        lengths.Clear();
        for (var index = 0; index < kinds; index++)
        {
            lengths[(int)(symbols[index] & 0xFF)] = depths[index];
        }

        return deepest <= MaxLength;
    }
}
