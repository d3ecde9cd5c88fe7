using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// Encodes units of one dtype without a parent (docs/reference/format/blocks.md, "Byte planes of units"): as byte planes, each in its
/// cheapest form. For data that no earlier state predicts: a newly initialized head, a tensor of another training, a base. Trained floats
/// compress to about the entropy of their exponents (compare DFloat11 and ZipNN). Owns working memory; not thread-safe.
/// </summary>
internal sealed class UnitCoder
{
    /// <summary>The most bytes of an encoding in addition to the units.</summary>
    public const int Overhead = WordRule.MaxSize * PlaneCoder.Overhead;

    private const int SampleWords = 4096;

    private readonly PlaneCoder coder = new();
    private byte[] planes = [];

    /// <summary>Encodes units.</summary>
    /// <param name="type">The dtype.</param>
    /// <param name="units">Whole units of the dtype.</param>
    /// <param name="destination">Space for the units and <see cref="Overhead"/>.</param>
    /// <returns>Bytes written.</returns>
    public int Encode(DType type, ReadOnlySpan<byte> units, Span<byte> destination)
    {
        var rule = new WordRule(type);
        var all = Split(rule, units);
        var (count, length) = (units.Length / rule.Size, 0);
        for (var plane = 0; plane < rule.Size; plane++)
        {
            length += coder.Encode(all.Slice(plane * count, count), destination[length..]);
        }

        return length;
    }

    /// <summary>Decodes units: the inverse of <see cref="Encode"/>.</summary>
    /// <param name="source">Exactly the encoding.</param>
    /// <param name="type">The dtype.</param>
    /// <param name="units">Filled completely.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>: the bytes are not a valid encoding of that many
    /// units.</exception>
    public void Decode(ReadOnlySpan<byte> source, DType type, Span<byte> units)
    {
        var rule = new WordRule(type);
        var all = rule.Size == 1 ? units : Planes(units.Length);
        var count = units.Length / rule.Size;
        for (var plane = 0; plane < rule.Size; plane++)
        {
            if (!coder.TryDecode(ref source, all.Slice(plane * count, count)))
            {
                throw Corrupt();
            }
        }

        if (source.Length > 0)
        {
            throw Corrupt();
        }

        if (rule.Size > 1)
        {
            BytePlanes.Join(all, rule.Size, rule.Rotation, units);
        }
    }

    /// <summary>Estimates the encoded length from a sample, ignoring repetition. Costs a few thousandths of encoding a block.</summary>
    public long Estimate(DType type, ReadOnlySpan<byte> units)
    {
        var rule = new WordRule(type);
        var length = Math.Min(units.Length, SampleWords * rule.Size);
        var start = (units.Length - length) / 2 / rule.Size * rule.Size;
        var all = Split(rule, units.Slice(start, length));
        var (count, sum) = (length / rule.Size, 0L);
        for (var plane = 0; plane < rule.Size; plane++)
        {
            sum += coder.Estimate(all.Slice(plane * count, count));
        }

        return length == 0 ? 0 : sum * units.Length / length;
    }

    private ReadOnlySpan<byte> Split(WordRule rule, ReadOnlySpan<byte> units)
    {
        if (rule.Size == 1)
        {
            return units;
        }

        var all = Planes(units.Length);
        BytePlanes.Split(units, rule.Size, rule.Rotation, all);
        return all;
    }

    private Span<byte> Planes(int length)
    {
        planes = planes.Length < length ? new byte[length] : planes;
        return planes.AsSpan(0, length);
    }

    private static FishException Corrupt() =>
        new(ErrorCode.CorruptFrame, "units", "The bytes are not a valid encoding of units.",
            "The frame is damaged or malicious; send it again.");
}
