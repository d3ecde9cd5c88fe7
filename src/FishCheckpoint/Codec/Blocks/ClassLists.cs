using FishCheckpoint.Masks;

namespace FishCheckpoint.Codec;

/// <summary>
/// The bits of each class as a list of the rarer ones (docs/reference/format/values.md, "Class lists"): the count and the parameter of each
/// list, then the lists. A reader need not know the number of units in a class. Owns working memory.
/// </summary>
internal sealed class ClassLists
{
    private readonly ulong[] inverted = new ulong[ClassSplit.MaxClasses];
    private readonly byte[] active = new byte[ClassSplit.MaxClasses];
    private readonly int[] listed = new int[ClassSplit.MaxClasses];
    private readonly byte[] parameters = new byte[ClassSplit.MaxClasses];
    private int[] ranks = [];
    private int actives;

    /// <summary>The classes that have bits, after reading.</summary>
    public ReadOnlySpan<byte> Active => active.AsSpan(0, actives);

    /// <summary>For each class, all bits set if its unset bits were listed.</summary>
    public ReadOnlySpan<ulong> Inverted => inverted;

    /// <summary>Writes the lists of sorted bits.</summary>
    /// <returns>Bytes written.</returns>
    public int Write(ClassBits bits, int classCount, Span<byte> destination)
    {
        var length = 0;
        for (var of = 0; of < classCount; of++)
        {
            var (set, size) = (bits.CountOf(of), bits.SizeOf(of));
            inverted[of] = set > size / 2 ? ulong.MaxValue : 0;
            listed[of] = inverted[of] != 0 ? size - set : set;
            length += Varint.Write(destination[length..], ((ulong)listed[of] << 1) | (inverted[of] & 1));
            if (listed[of] > 0)
            {
                destination[length++] = (byte)RankCoder.ParameterFor(listed[of], size);
            }
        }

        var writer = new BitWriter(destination[length..]);
        for (var of = 0; of < classCount; of++)
        {
            var list = Ranks(listed[of]);
            bits.List(of, inverted[of] == 0, list);
            RankCoder.Write(ref writer, list, RankCoder.ParameterFor(list.Length, bits.SizeOf(of)));
        }

        return length + writer.Length;
    }

    /// <summary>Reads lists for <see cref="ClassBits.Merge"/>: the inverse of <see cref="Write"/>.</summary>
    /// <param name="source">The encoded bytes; advanced past the lists.</param>
    /// <param name="bits">Receives the bits.</param>
    /// <param name="classCount">The number of classes.</param>
    /// <param name="units">The most units in a class.</param>
    /// <returns>Whether the bytes are a valid encoding.</returns>
    public bool TryRead(ref ReadOnlySpan<byte> source, ClassBits bits, int classCount, int units)
    {
        actives = 0;
        for (var of = 0; of < classCount; of++)
        {
            if (!Varint.TryRead(ref source, out var number) || (number >> 1) > (ulong)units)
            {
                return false;
            }

            (listed[of], inverted[of]) = ((int)(number >> 1), (number & 1) != 0 ? ulong.MaxValue : 0);
            if (number > 1)
            {
                if (source.Length == 0 || source[0] >= RankCoder.Count)
                {
                    return false;
                }

                parameters[of] = source[0];
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
                return false;
            }

            bits.Set(of, list);
        }

        source = source[reader.Length..];
        return true;
    }

    private Span<int> Ranks(int count)
    {
        ranks = ranks.Length < count ? new int[count] : ranks;
        return ranks.AsSpan(0, count);
    }
}
