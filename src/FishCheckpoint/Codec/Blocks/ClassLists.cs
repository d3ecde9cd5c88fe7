using FishCheckpoint.Masks;

namespace FishCheckpoint.Codec;

/// <summary>
/// The bits of each class as a list of those that are rarer (docs/reference/format/values.md, "Class lists"): how many are listed and with
/// which parameter, then the lists. Who reads need not know how many units a class has. Holds the working memory.
/// </summary>
internal sealed class ClassLists
{
    private readonly ulong[] inverted = new ulong[ClassSplit.MaxClasses];
    private readonly byte[] active = new byte[ClassSplit.MaxClasses];
    private readonly int[] listed = new int[ClassSplit.MaxClasses];
    private readonly byte[] parameters = new byte[ClassSplit.MaxClasses];
    private int[] ranks = [];
    private int actives;

    /// <summary>The classes that have bits, once they are read.</summary>
    public ReadOnlySpan<byte> Active => active.AsSpan(0, actives);

    /// <summary>Of each class: all bits set where it is the unset bits that were listed.</summary>
    public ReadOnlySpan<ulong> Inverted => inverted;

    /// <summary>Writes the lists of bits that are sorted.</summary>
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

    /// <summary>Reads lists, and puts them where <see cref="ClassBits.Merge"/> takes them from: the mirror of
    /// <see cref="Write"/>.</summary>
    /// <param name="source">The encoded bytes; moved past them.</param>
    /// <param name="bits">Receives them.</param>
    /// <param name="classCount">The number of classes.</param>
    /// <param name="units">No class has more.</param>
    /// <returns>Whether they are those of a writer.</returns>
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
