using System.Numerics;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Codec;

/// <summary>
/// Positions in a block given the classes of the parent's units (docs/FORMAT.md, "Blocks"): each class is as dense as it is, and its own units are numbered on
/// their own. What is rarer in a class, changed or unchanged, is listed. Holds the working memory; not safe for use by two threads at once.
/// </summary>
internal sealed class ClassPositions
{
    private readonly ClassBits bits = new();
    private int[] ranks = [];
    private ulong[] words = [];

    /// <summary>Encodes positions.</summary>
    /// <param name="positions">Ascending.</param>
    /// <param name="classes">The class of every unit of the block, padded to whole words of 64 with <see cref="byte.MaxValue"/>.</param>
    /// <param name="classCount">The number of classes.</param>
    /// <param name="destination">Room for 4 bytes a position and 2 bits a unit.</param>
    /// <returns>Bytes written.</returns>
    public int Encode(ReadOnlySpan<int> positions, ReadOnlySpan<byte> classes, int classCount, Span<byte> destination)
    {
        bits.Sort(Words(positions, classes.Length / ClassSplit.Word), classes, classCount);
        Span<int> listed = stackalloc int[classCount];
        Span<bool> unchanged = stackalloc bool[classCount];
        var length = 0;
        for (var of = 0; of < classCount; of++)
        {
            var (changed, size) = (bits.CountOf(of), bits.SizeOf(of));
            unchanged[of] = changed > size / 2;
            listed[of] = unchanged[of] ? size - changed : changed;
            length += Varint.Write(destination[length..], ((ulong)listed[of] << 1) | (unchanged[of] ? 1UL : 0));
            if (listed[of] > 0)
            {
                destination[length++] = (byte)RankCoder.ParameterFor(listed[of], size);
            }
        }

        var writer = new BitWriter(destination[length..]);
        for (var of = 0; of < classCount; of++)
        {
            var list = Ranks(listed[of]);
            bits.List(of, !unchanged[of], list);
            RankCoder.Write(ref writer, list, RankCoder.ParameterFor(list.Length, bits.SizeOf(of)));
        }

        return length + writer.Length;
    }

    /// <summary>Decodes positions: the mirror of <see cref="Encode"/>.</summary>
    /// <param name="source">The encoded bytes; moved past them.</param>
    /// <param name="units">The number of units of the block.</param>
    /// <param name="classes">The class of every unit, padded.</param>
    /// <param name="classCount">The number of classes.</param>
    /// <param name="positions">Filled entirely.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public void Decode(ref ReadOnlySpan<byte> source, int units, ReadOnlySpan<byte> classes, int classCount, Span<int> positions)
    {
        Span<byte> parameters = stackalloc byte[classCount];
        Span<int> listed = stackalloc int[classCount];
        Span<ulong> inverted = stackalloc ulong[classCount];
        Span<byte> active = stackalloc byte[classCount];
        var actives = 0;
        for (var of = 0; of < classCount; of++)
        {
            if (!Varint.TryRead(ref source, out var number) || (number >> 1) > (ulong)units)
            {
                throw Corrupt();
            }

            (listed[of], inverted[of]) = ((int)(number >> 1), (number & 1) != 0 ? ulong.MaxValue : 0);
            if (number > 1)
            {
                parameters[of] = source.Length > 0 && source[0] < RankCoder.Count ? source[0] : throw Corrupt();
                source = source[1..];
            }

            if (number > 0)
            {
                active[actives++] = (byte)of;
            }
        }

        var reader = new BitReader(source);
        bits.Clear(classCount, units);
        for (var of = 0; of < classCount; of++)
        {
            var list = Ranks(listed[of]);
            if (!RankCoder.TryRead(ref reader, list, parameters[of], units))
            {
                throw Corrupt();
            }

            bits.Set(of, list);
        }

        source = source[reader.Length..];
        var merged = Words([], classes.Length / ClassSplit.Word);
        bits.Merge(classes, active[..actives], inverted, merged);
        Expand(merged, positions);
    }

    private static void Expand(ReadOnlySpan<ulong> words, Span<int> positions)
    {
        var count = 0;
        for (var word = 0; word < words.Length; word++)
        {
            var rest = words[word];
            if (BitOperations.PopCount(rest) > positions.Length - count)
            {
                throw Corrupt();
            }

            for (; rest != 0; rest &= rest - 1)
            {
                positions[count++] = (word * ClassSplit.Word) + BitOperations.TrailingZeroCount(rest);
            }
        }

        if (count != positions.Length)
        {
            throw Corrupt();
        }
    }

    private Span<ulong> Words(ReadOnlySpan<int> positions, int count)
    {
        words = words.Length < count ? new ulong[count] : words;
        var set = words.AsSpan(0, count);
        set.Clear();
        foreach (var position in positions)
        {
            set[position >> 6] |= 1UL << (position & 63);
        }

        return set;
    }

    private Span<int> Ranks(int count)
    {
        ranks = ranks.Length < count ? new int[count] : ranks;
        return ranks.AsSpan(0, count);
    }

    private static FishException Corrupt() =>
        new(ErrorCode.CorruptFrame, "block", "The positions are not those of a block like this.", "The frame is damaged or hostile; send it again.");
}
