using FishCheckpoint.Errors;

namespace FishCheckpoint.Codec;

/// <summary>
/// Positions in a block, given the classes of the parent's units (docs/reference/format/blocks.md, "Positions by rate"): like
/// <see cref="ClassPositions"/>, but units of frequently changed classes are coded as words, which avoids rounding to whole bits. Owns
/// working memory; not thread-safe.
/// </summary>
internal sealed class RatedPositions
{
    /// <summary>The fewest units in a block for which the final states of the word coder pay off.</summary>
    public const int MinUnits = 4096;

    private readonly ClassBits bits = new();
    private readonly PositionWords merged = new();
    private readonly ClassRate[] rates = new ClassRate[ClassSplit.MaxClasses];
    private readonly int[] counts = new int[ClassSplit.MaxClasses];

    // The location of each class's words, from a bit to a byte.
    private readonly (int Start, int End)[] parts = new (int, int)[ClassSplit.MaxClasses];
    private int[] ranks = [];
    private byte[] words = [];

    /// <summary>Encodes positions.</summary>
    /// <param name="positions">Ascending.</param>
    /// <param name="classes">The class of each unit in the block, padded to whole words of 64 with <see cref="byte.MaxValue"/>.</param>
    /// <param name="classCount">The number of classes.</param>
    /// <param name="destination">Space for 4 bytes per position and 2 bits per unit.</param>
    /// <returns>Bytes written.</returns>
    public int Encode(ReadOnlySpan<int> positions, ReadOnlySpan<byte> classes, int classCount, Span<byte> destination)
    {
        bits.Sort(merged.Of(positions, classes.Length), classes, classCount);
        Reserve(classes.Length);
        var (states, end) = ((1U << WordCoder.Log, 1U << WordCoder.Log), words.Length);
        for (var of = classCount - 1; of >= 0; of--)
        {
            var (changed, size) = (bits.CountOf(of), bits.SizeOf(of));
            (counts[of], rates[of]) = (changed, ClassRate.Of(changed, size));
            if (rates[of].Words)
            {
                var writer = new BackwardBitWriter(words.AsSpan(0, end));
                WordCoder.Encode(bits.Of(of), size, rates[of].Inverted, rates[of].Rate, ref states, ref writer);
                parts[of] = (writer.Start, end);
                end = writer.Start >> 3;
            }
        }

        return Write(classCount, states, destination);
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
        var (expected, rest, actives, states, started) = (ClassRate.Even, positions.Length, 0, (0U, 0U), false);
        bits.Clear(classCount, classes.Length);
        for (var of = 0; of < classCount; of++)
        {
            var (last, size) = (of == classCount - 1, sizes[of]);
            if (last && (rest < 0 || rest > size))
            {
                throw Corrupt();
            }

            var rate = last ? ClassRate.Of(rest, size) : ClassRate.Read(ref reader, expected);
            if (rate.Words && !started)
            {
                (states, started) = (((uint)reader.Read(WordCoder.Log), (uint)reader.Read(WordCoder.Log)), true);
            }

            var rarer = rate.Words ? WordCoder.Read(ref reader, rate.Rate, ref states, size, bits.Place(of, size))
                : ReadList(ref reader, of, rate, last, rest, size);
            if (reader.Overrun)
            {
                throw Corrupt();
            }

            inverted[of] = rate.Inverted ? ulong.MaxValue : 0;
            rest -= rate.Inverted ? size - rarer : rarer;
            if (rate.Inverted || rarer > 0)
            {
                active[actives++] = (byte)of;
            }

            expected = rate.Next;
        }

        source = source[reader.Length..];
        var all = merged.Of([], classes.Length);
        bits.Merge(classes, active[..actives], inverted, all);
        if (!PositionWords.TryExpand(all, positions))
        {
            throw Corrupt();
        }
    }

    private int Write(int classCount, (uint Next, uint After) states, Span<byte> destination)
    {
        var writer = new BitWriter(destination);
        var (expected, started) = (ClassRate.Even, false);
        for (var of = 0; of < classCount; of++)
        {
            var (rate, last) = (rates[of], of == classCount - 1);
            if (!last)
            {
                ClassRate.Write(ref writer, rate, expected);
            }

            if (rate.Words)
            {
                if (!started)
                {
                    writer.Write(states.Next - (1U << WordCoder.Log), WordCoder.Log);
                    writer.Write(states.After - (1U << WordCoder.Log), WordCoder.Log);
                    started = true;
                }

                BackwardBitWriter.Append(ref writer, words.AsSpan(0, parts[of].End), parts[of].Start);
            }
            else if (!rate.Nothing)
            {
                WriteList(ref writer, of, rate, last);
            }

            expected = rate.Next;
        }

        return writer.Length;
    }

    private void WriteList(ref BitWriter writer, int of, ClassRate rate, bool last)
    {
        var (changed, size) = (counts[of], bits.SizeOf(of));
        var list = Ranks(rate.Inverted ? size - changed : changed);
        bits.List(of, !rate.Inverted, list);
        if (last)
        {
            RankCoder.Write(ref writer, list, rate.Parameter);
        }
        else
        {
            RankCoder.WriteToEnd(ref writer, list, rate.Parameter, size);
        }
    }

    private int ReadList(ref BitReader reader, int of, ClassRate rate, bool last, int rest, int size)
    {
        var list = Ranks(size);
        var count = rate.Nothing ? 0 : !last ? RankCoder.ReadToEnd(ref reader, list, rate.Parameter, size) : rate.Inverted ? size - rest
            : rest;
        if (count < 0 || count > size || (last && !rate.Nothing && !RankCoder.TryRead(ref reader, list[..count], rate.Parameter, size)))
        {
            throw Corrupt();
        }

        bits.Set(of, list[..count]);
        return count;
    }

    // A word (at least four units) emits no more bits than a state has.
    private void Reserve(int units)
    {
        var most = (units / 4 * WordCoder.Log / 8) + ((ClassSplit.MaxClasses + 1) * 2 * sizeof(ulong));
        words = words.Length < most ? new byte[most] : words;
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
