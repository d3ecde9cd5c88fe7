using System.Runtime.InteropServices;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// Encodes what changed in one block, given the parent's block (docs/FORMAT.md, "Blocks"). Whether a small step is visible in a value depends on its exponent,
/// and so does how far it goes: both are coded by class of the parent's exponent. Holds the working memory; not safe for use by two threads at once.
/// </summary>
internal sealed class BlockCoder
{
    /// <summary>The longest encoding of a block, in bytes.</summary>
    public const int MaxEncoded = Blocks.Size + (Blocks.Size / 2);

    /// <summary>Room that <see cref="Encode"/> needs at most, in bytes.</summary>
    public const int Room = 6 * Blocks.Size;

    private readonly BlockClasses classes = new();
    private readonly ClassPositions byClass = new();
    private readonly GapCoder byGap = new();
    private readonly MagnitudeCoder magnitudes = new();
    private readonly DenseCoder dense = new();
    private byte[] classOf = [];
    private byte[] old = [];
    private byte[] distances = [];

    private enum PositionForm : byte
    {
        All = 0,
        ByClass = 1,
        Gaps = 2,
        ByDensity = 3,
    }

    private enum ValueForm : byte
    {
        Plain = 0,
        Distances = 1,
        Dense = 2,
    }

    /// <summary>Encodes.</summary>
    /// <param name="type">The dtype of the block's units.</param>
    /// <param name="parent">The parent's block.</param>
    /// <param name="positions">Units of the block, ascending; at least one.</param>
    /// <param name="values">Their new values.</param>
    /// <param name="destination">Room of <see cref="Room"/> bytes.</param>
    /// <param name="effort">From <see cref="CodecEffort.Small"/> on by class; else as if all units were alike.</param>
    /// <param name="positionLength">How many of the bytes tell the positions.</param>
    /// <returns>Bytes written.</returns>
    public int Encode(
        DType type, ReadOnlySpan<byte> parent, ReadOnlySpan<int> positions, ReadOnlySpan<byte> values, CodecEffort effort, Span<byte> destination,
        out int positionLength)
    {
        Reserve(values.Length, positions.Length);
        if (effort >= CodecEffort.Small)
        {
            classes.Choose(type, parent, positions);
        }
        else
        {
            classes.Take(type, parent, 0, 1);
        }

        var length = EncodePositions(positions, destination);
        positionLength = length;
        return length + EncodeValues(type, parent, positions, values, destination[length..]);
    }

    /// <summary>Decodes: the mirror of <see cref="Encode"/>.</summary>
    /// <param name="source">The encoded bytes.</param>
    /// <param name="type">The dtype of the block's units.</param>
    /// <param name="block">The parent's block; becomes the new one.</param>
    /// <param name="positions">Filled entirely with the changed units.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public void Decode(ReadOnlySpan<byte> source, DType type, Span<byte> block, Span<int> positions)
    {
        if (source.Length < 4 || source[2] is 0 or > ClassSplit.MaxClasses)
        {
            throw Corrupt();
        }

        Reserve(positions.Length * DTypes.UnitSizeOf(type), positions.Length);
        var form = (PositionForm)source[0];
        classes.Take(type, block, source[1], source[2]);
        source = source[3..];
        DecodePositions(ref source, form, positions);
        DecodeValues(source, type, block, positions);
    }

    private int EncodePositions(ReadOnlySpan<int> positions, Span<byte> destination)
    {
        var (first, count) = (classes.First, classes.Count);
        var all = positions.Length == classes.Units;
        (destination[0], destination[1], destination[2]) = ((byte)PositionForm.All, (byte)first, (byte)count);
        if (all)
        {
            return 3;
        }

        destination[0] = (byte)PositionForm.ByDensity;
        var length = byClass.Encode(positions, classes.Padded, count, destination[3..]);
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
            case PositionForm.Gaps:
                byGap.Decode(ref source, classes.Units, positions);
                break;
            default:
                throw Corrupt();
        }
    }

    private int EncodeValues(DType type, ReadOnlySpan<byte> parent, ReadOnlySpan<int> positions, ReadOnlySpan<byte> values, Span<byte> destination)
    {
        var from = old.AsSpan(0, values.Length);
        var zigzags = distances.AsSpan(0, values.Length);
        Units.Gather(parent, positions, DTypes.UnitSizeOf(type), from);
        Ulp.Distances(type, from, values, zigzags);
        destination[0] = (byte)ValueForm.Distances;
        var contexts = Contexts(positions);
        var length = DTypes.UnitSizeOf(type) switch
        {
            1 => magnitudes.Encode<byte>(zigzags, signed: true, contexts, classes.Count, destination[1..]),
            2 => magnitudes.Encode<ushort>(MemoryMarshal.Cast<byte, ushort>(zigzags), signed: true, contexts, classes.Count, destination[1..]),
            4 => magnitudes.Encode<uint>(MemoryMarshal.Cast<byte, uint>(zigzags), signed: true, contexts, classes.Count, destination[1..]),
            _ => magnitudes.Encode<ulong>(MemoryMarshal.Cast<byte, ulong>(zigzags), signed: true, contexts, classes.Count, destination[1..]),
        };
        var least = Math.Min(length, values.Length);

        // A step of training leaves less than half of the bits: only where it left more is a sample asked whether the parent is of any use.
        if (2 * length > values.Length && dense.Estimate(type, values) < least)
        {
            var taken = dense.Encode(type, values, destination[(1 + length)..]);
            if (taken < least)
            {
                destination[0] = (byte)ValueForm.Dense;
                destination.Slice(1 + length, taken).CopyTo(destination[1..]);
                return 1 + taken;
            }
        }

        if (length < values.Length)
        {
            return 1 + length;
        }

        destination[0] = (byte)ValueForm.Plain;
        values.CopyTo(destination[1..]);
        return 1 + values.Length;
    }

    private void DecodeValues(ReadOnlySpan<byte> source, DType type, Span<byte> block, ReadOnlySpan<int> positions)
    {
        var unit = DTypes.UnitSizeOf(type);
        var values = distances.AsSpan(0, positions.Length * unit);
        var form = source.Length > 0 ? (ValueForm)source[0] : throw Corrupt();
        source = source[1..];
        if (form == ValueForm.Plain && source.Length == values.Length)
        {
            Units.Scatter(block, positions, unit, source);
            return;
        }

        if (form == ValueForm.Dense)
        {
            dense.Decode(source, type, values);
            Units.Scatter(block, positions, unit, values);
            return;
        }

        var contexts = Contexts(positions);
        var read = unit switch
        {
            _ when form != ValueForm.Distances => -1,
            1 => magnitudes.Decode<byte>(source, signed: true, contexts, classes.Count, values),
            2 => magnitudes.Decode(source, signed: true, contexts, classes.Count, MemoryMarshal.Cast<byte, ushort>(values)),
            4 => magnitudes.Decode(source, signed: true, contexts, classes.Count, MemoryMarshal.Cast<byte, uint>(values)),
            _ => magnitudes.Decode(source, signed: true, contexts, classes.Count, MemoryMarshal.Cast<byte, ulong>(values)),
        };
        if (read != source.Length)
        {
            throw Corrupt();
        }

        var from = old.AsSpan(0, values.Length);
        Units.Gather(block, positions, unit, from);
        Ulp.Go(type, from, values, values);
        Units.Scatter(block, positions, unit, values);
    }

    private ReadOnlySpan<byte> Contexts(ReadOnlySpan<int> positions)
    {
        if (classes.Count == 1)
        {
            return [];
        }

        var of = classOf.AsSpan(0, positions.Length);
        var all = classes.Padded;
        for (var index = 0; index < of.Length; index++)
        {
            of[index] = all[positions[index]];
        }

        return of;
    }

    private void Reserve(int bytes, int positions)
    {
        classOf = classOf.Length < positions ? new byte[positions] : classOf;
        if (old.Length < bytes)
        {
            (old, distances) = (new byte[bytes], new byte[bytes]);
        }
    }

    private static FishException Corrupt() =>
        new(ErrorCode.CorruptFrame, "block", "The bytes are not those of a block.", "The frame is damaged or hostile; send it again.");
}
