using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// Encodes the changes of one block relative to the parent's block (docs/reference/format/blocks.md). The exponent of a value determines
/// whether a small step changes it, and by how much, so positions and distances are coded per class of the parent's exponent. Owns working
/// memory; not thread-safe.
/// </summary>
internal sealed class BlockCoder
{
    /// <summary>The longest encoding of a block, in bytes.</summary>
    public const int MaxEncoded = Blocks.Size + (Blocks.Size / 2);

    /// <summary>The space that <see cref="Encode"/> needs at most, in bytes.</summary>
    public const int Room = 6 * Blocks.Size;

    private readonly BlockClasses classes = new();
    private readonly ClassPositions byClass = new();
    private readonly RatedPositions byRate = new();
    private readonly ActiveRows active = new();
    private readonly GapCoder byGap = new();
    private readonly BlockValues newValues = new();

    private enum PositionForm : byte
    {
        All = 0,
        ByClass = 1,
        Gaps = 2,
        ByDensity = 3,
        ByRate = 4,
        InRows = 5,
    }

    /// <summary>Encodes a block.</summary>
    /// <param name="type">The dtype of the block's units.</param>
    /// <param name="parent">The parent's block.</param>
    /// <param name="positions">Units of the block, ascending; at least one.</param>
    /// <param name="values">Their new values.</param>
    /// <param name="destination">Space for <see cref="Room"/> bytes.</param>
    /// <param name="effort">From <see cref="CodecEffort.Small"/> on, units are coded by class; otherwise as one class.</param>
    /// <param name="positionLength">The number of bytes that encode positions.</param>
    /// <param name="rows">The block's offset in its tensor's rows.</param>
    /// <returns>Bytes written.</returns>
    public int Encode(
        DType type, ReadOnlySpan<byte> parent, ReadOnlySpan<int> positions, ReadOnlySpan<byte> values, CodecEffort effort,
        Span<byte> destination,
        out int positionLength, BlockRows rows = default)
    {
        if (effort >= CodecEffort.Small)
        {
            classes.Choose(type, parent, positions);
        }
        else
        {
            classes.Take(type, parent, 0, 1);
        }

        var length = EncodePositions(positions, effort, rows, destination);
        positionLength = length;
        return length
            + newValues.Encode(type, parent, positions, values, classes, effort >= CodecEffort.Small ? rows : default,
                destination[length..]);
    }

    /// <summary>Decodes a block: the inverse of <see cref="Encode"/>.</summary>
    /// <param name="source">The encoded bytes.</param>
    /// <param name="type">The dtype of the block's units.</param>
    /// <param name="block">The parent's block, which is replaced by the new one.</param>
    /// <param name="positions">Filled completely with the changed units.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public void Decode(ReadOnlySpan<byte> source, DType type, Span<byte> block, Span<int> positions)
    {
        if (source.Length < 4 || source[2] is 0 or > ClassSplit.MaxClasses)
        {
            throw Corrupt();
        }

        var form = (PositionForm)source[0];
        classes.Take(type, block, source[1], source[2]);
        source = source[3..];
        DecodePositions(ref source, form, positions);
        newValues.Decode(source, type, block, positions, classes);
    }

    private int EncodePositions(ReadOnlySpan<int> positions, CodecEffort effort, BlockRows rows, Span<byte> destination)
    {
        var (first, count) = (classes.First, classes.Count);
        var all = positions.Length == classes.Units;
        (destination[0], destination[1], destination[2]) = ((byte)PositionForm.All, (byte)first, (byte)count);
        if (all)
        {
            return 3;
        }

        var length = EncodeByClass(positions, effort, rows, destination);
        if (byGap.Estimate(positions) < 0.98 * length)
        {
            var gaps = byGap.Encode(positions, destination[(3 + length)..]);
            if (gaps < length)
            {
                destination[0] = (byte)PositionForm.Gaps;
                destination.Slice(3 + length, gaps).CopyTo(destination[3..]);
                length = gaps;
            }
        }

        return 3 + length;
    }

    private int EncodeByClass(ReadOnlySpan<int> positions, CodecEffort effort, BlockRows rows, Span<byte> destination)
    {
        if (effort < CodecEffort.Small || classes.Units < RatedPositions.MinUnits)
        {
            destination[0] = (byte)PositionForm.ByDensity;
            return byClass.Encode(positions, classes.Padded, classes.Count, destination[3..]);
        }

        destination[0] = (byte)PositionForm.ByRate;
        var length = 0;
        if (active.Find(positions, rows, classes.Units))
        {
            destination[0] = (byte)PositionForm.InRows;
            length = active.Write(classes.Units, destination[3..]);
            classes.Exclude(active);
        }

        return length + byRate.Encode(positions, classes.Padded, classes.Count, destination[(3 + length)..]);
    }

    private void DecodePositions(ref ReadOnlySpan<byte> source, PositionForm form, Span<int> positions)
    {
        switch (form)
        {
            case PositionForm.All when positions.Length == classes.Units:
                for (var index = 0; index < positions.Length; index++)
                {
                    positions[index] = index;
                }

                break;
            case PositionForm.ByClass:
                byClass.DecodeCounted(ref source, classes.Units, classes.Padded, classes.Count, positions);
                break;
            case PositionForm.ByDensity:
                byClass.Decode(ref source, classes.Padded, classes.Count, positions);
                break;
            case PositionForm.ByRate:
                byRate.Decode(ref source, classes.Padded, classes.Count, positions);
                break;
            case PositionForm.InRows when active.TryRead(ref source, classes.Units):
                classes.Exclude(active);
                byRate.Decode(ref source, classes.Padded, classes.Count, positions);
                break;
            case PositionForm.Gaps:
                byGap.Decode(ref source, classes.Units, positions);
                break;
            default:
                throw Corrupt();
        }
    }

    private static FishException Corrupt() =>
        new(ErrorCode.CorruptFrame, "block", "The bytes are not a valid block.", "The frame is damaged or malicious; send it again.");
}
