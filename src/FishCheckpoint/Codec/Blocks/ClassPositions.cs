using FishCheckpoint.Errors;

namespace FishCheckpoint.Codec;

/// <summary>
/// Positions in a block, given the classes of the parent's units (docs/reference/format/blocks.md, "Positions by density"). Each class has
/// its own density and numbers its units separately; the rarer units (changed or unchanged) are listed. Owns working memory; not
/// thread-safe.
/// </summary>
internal sealed class ClassPositions
{
    private readonly ClassBits bits = new();
    private readonly ClassLists lists = new();
    private readonly PositionWords words = new();
    private int[] ranks = [];

    /// <summary>Encodes positions.</summary>
    /// <param name="positions">Ascending.</param>
    /// <param name="classes">The class of each unit in the block, padded to whole words of 64 with <see cref="byte.MaxValue"/>.</param>
    /// <param name="classCount">The number of classes.</param>
    /// <param name="destination">Space for 4 bytes per position and 2 bits per unit.</param>
    /// <returns>Bytes written.</returns>
    public int Encode(ReadOnlySpan<int> positions, ReadOnlySpan<byte> classes, int classCount, Span<byte> destination)
    {
        bits.Sort(words.Of(positions, classes.Length), classes, classCount);
        var writer = new BitWriter(destination);
        var expected = ClassDensity.Even;
        for (var of = 0; of < classCount; of++)
        {
            var (changed, size) = (bits.CountOf(of), bits.SizeOf(of));
            var density = ClassDensity.Of(changed, size);
            if (of < classCount - 1)
            {
                ClassDensity.Write(ref writer, density, expected);
            }

            var list = Ranks(density.ListsUnchanged ? size - changed : changed);
            bits.List(of, !density.ListsUnchanged, list);
            if (of == classCount - 1)
            {
                RankCoder.Write(ref writer, list, density.Parameter);
            }
            else if (list.Length > 0)
            {
                RankCoder.WriteToEnd(ref writer, list, density.Parameter, size);
            }

            expected = density.Next;
        }

        return writer.Length;
    }

    /// <summary>Decodes positions: the inverse of <see cref="Encode"/>.</summary>
    /// <param name="source">The encoded bytes; advanced past the positions.</param>
    /// <param name="classes">The class of each unit, padded.</param>
    /// <param name="classCount">The number of classes.</param>
    /// <param name="positions">Filled completely.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public void Decode(ref ReadOnlySpan<byte> source, ReadOnlySpan<byte> classes, int classCount, Span<int> positions)
    {
        Span<ulong> inverted = stackalloc ulong[classCount];
        Span<byte> active = stackalloc byte[classCount];
        Span<int> sizes = stackalloc int[classCount];
        ClassSplit.Count(classes, sizes);
        var reader = new BitReader(source);
        var (expected, rest, actives) = (ClassDensity.Even, positions.Length, 0);
        bits.Clear(classCount, classes.Length);
        for (var of = 0; of < classCount; of++)
        {
            var (last, size) = (of == classCount - 1, sizes[of]);
            var density = last ? ClassDensity.Of(rest, size) : ClassDensity.Read(ref reader, expected);
            var list = ReadList(ref reader, density, last, rest, size);
            bits.Set(of, list);
            inverted[of] = density.ListsUnchanged ? ulong.MaxValue : 0;
            rest -= density.ListsUnchanged ? size - list.Length : list.Length;
            if (density.ListsUnchanged || list.Length > 0)
            {
                active[actives++] = (byte)of;
            }

            expected = density.Next;
        }

        source = source[reader.Length..];
        var merged = words.Of([], classes.Length);
        bits.Merge(classes, active[..actives], inverted, merged);
        if (!PositionWords.TryExpand(merged, positions))
        {
            throw Corrupt();
        }
    }

    private ReadOnlySpan<int> ReadList(ref BitReader reader, ClassDensity density, bool last, int rest, int size)
    {
        var list = Ranks(size);
        var count = density.ListsNothing ? 0 : !last ? RankCoder.ReadToEnd(ref reader, list, density.Parameter, size)
            : density.ListsUnchanged ? size - rest : rest;
        if (count < 0 || count > size || (last && !RankCoder.TryRead(ref reader, list[..count], density.Parameter, size)) || reader.Overrun)
        {
            throw Corrupt();
        }

        return list[..count];
    }

    /// <summary>Decodes positions in the old form with a count per class, which is no longer written.</summary>
    /// <param name="source">The encoded bytes; advanced past the positions.</param>
    /// <param name="units">The number of units in the block.</param>
    /// <param name="classes">The class of each unit, padded.</param>
    /// <param name="classCount">The number of classes.</param>
    /// <param name="positions">Filled completely.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public void DecodeCounted(ref ReadOnlySpan<byte> source, int units, ReadOnlySpan<byte> classes, int classCount, Span<int> positions)
    {
        if (!lists.TryRead(ref source, bits, classCount, units))
        {
            throw Corrupt();
        }

        var merged = words.Of([], classes.Length);
        bits.Merge(classes, lists.Active, lists.Inverted, merged);
        if (!PositionWords.TryExpand(merged, positions))
        {
            throw Corrupt();
        }
    }

    private Span<int> Ranks(int count)
    {
        ranks = ranks.Length < count ? new int[count] : ranks;
        return ranks.AsSpan(0, count);
    }

    private static FishException Corrupt() =>
        new(ErrorCode.CorruptFrame, "block", "The positions do not match the block.",
            "The frame is damaged or malicious; send it again.");
}
