using System.Numerics;
using System.Runtime.InteropServices;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// The new values of a block's changed units, relative to the parent's (docs/reference/format/blocks.md, "Values"): mostly as distances
/// from the old values, by class of the exponent. Owns working memory.
/// </summary>
internal sealed class BlockValues
{
    private readonly MagnitudeCoder magnitudes = new();
    private readonly UnitCoder planes = new();
    private readonly RowSigns signs;
    private byte[] classOf = [];
    private byte[] old = [];
    private byte[] distances = [];

    /// <summary>Allocates the working memory.</summary>
    public BlockValues() => signs = new RowSigns(magnitudes);

    private enum Form : byte
    {
        Plain = 0,
        Distances = 1,
        Planes = 2,
        Few = 3,
        RowSigns = 4,
    }

    /// <summary>Encodes values.</summary>
    /// <param name="type">The dtype of the block's units.</param>
    /// <param name="parent">The parent's block.</param>
    /// <param name="positions">The changed units.</param>
    /// <param name="values">Their new values.</param>
    /// <param name="classes">The classes of the parent's units.</param>
    /// <param name="rows">The block's offset in its tensor's rows; default to ignore rows.</param>
    /// <param name="destination">Space for three times the values, and a few bytes.</param>
    /// <returns>Bytes written.</returns>
    public int Encode(
        DType type, ReadOnlySpan<byte> parent, ReadOnlySpan<int> positions, ReadOnlySpan<byte> values, BlockClasses classes, BlockRows rows,
        Span<byte> destination)
    {
        Reserve(values.Length, positions.Length);
        var (from, unit) = (old.AsMemory(0, values.Length), DTypes.UnitSizeOf(type));
        var zigzags = distances.AsSpan(0, values.Length);
        Units.Gather(parent, positions, unit, from.Span);
        Ulp.Distances(type, from.Span, values, zigzags);
        var length = EncodeDistances(zigzags, unit, positions, classes, rows, destination);
        var least = Math.Min(length, 1 + values.Length);

        // A training step halves the size at least. Only if it did not, a sample decides whether the parent helps.
        if (2 * length > values.Length && 1 + planes.Estimate(type, values) < least)
        {
            var taken = 1 + planes.Encode(type, values, destination[(length + 1)..]);
            if (taken < least)
            {
                destination.Slice(length, taken).CopyTo(destination);
                destination[0] = (byte)Form.Planes;
                return taken;
            }
        }

        if (length <= values.Length)
        {
            return length;
        }

        destination[0] = (byte)Form.Plain;
        values.CopyTo(destination[1..]);
        return 1 + values.Length;
    }

    /// <summary>Decodes values into a block: the inverse of <see cref="Encode"/>.</summary>
    /// <param name="source">The encoded bytes.</param>
    /// <param name="type">The dtype of the block's units.</param>
    /// <param name="block">The parent's block, which is replaced by the new one.</param>
    /// <param name="positions">The changed units.</param>
    /// <param name="classes">The classes of the parent's units.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public void Decode(ReadOnlySpan<byte> source, DType type, Span<byte> block, ReadOnlySpan<int> positions, BlockClasses classes)
    {
        var unit = DTypes.UnitSizeOf(type);
        Reserve(positions.Length * unit, positions.Length);
        var values = distances.AsSpan(0, positions.Length * unit);
        var form = source.Length > 0 ? (Form)source[0] : throw Corrupt();
        source = source[1..];
        if (form == Form.Plain && source.Length == values.Length)
        {
            Units.Scatter(block, positions, unit, source);
            return;
        }

        if (form == Form.Planes)
        {
            planes.Decode(source, type, values);
            Units.Scatter(block, positions, unit, values);
            return;
        }

        var read = unit switch
        {
            1 => Decode(source, form, positions, classes, values),
            2 => Decode(source, form, positions, classes, MemoryMarshal.Cast<byte, ushort>(values)),
            4 => Decode(source, form, positions, classes, MemoryMarshal.Cast<byte, uint>(values)),
            _ => Decode(source, form, positions, classes, MemoryMarshal.Cast<byte, ulong>(values)),
        };
        if (read != source.Length)
        {
            throw Corrupt();
        }

        var from = old.AsSpan(0, values.Length);
        Units.Gather(block, positions, unit, from);
        Ulp.Apply(type, from, values, values);
        Units.Scatter(block, positions, unit, values);
    }

    private int EncodeDistances(Span<byte> zigzags, int unit, ReadOnlySpan<int> positions, BlockClasses classes, BlockRows rows,
        Span<byte> destination) => unit switch
    {
        1 => EncodeDistances<byte>(zigzags, positions, classes, rows, destination),
        2 => EncodeDistances(MemoryMarshal.Cast<byte, ushort>(zigzags), positions, classes, rows, destination),
        4 => EncodeDistances(MemoryMarshal.Cast<byte, uint>(zigzags), positions, classes, rows, destination),
        _ => EncodeDistances(MemoryMarshal.Cast<byte, ulong>(zigzags), positions, classes, rows, destination),
    };

    private int EncodeDistances<T>(Span<T> zigzags, ReadOnlySpan<int> positions, BlockClasses classes, BlockRows rows,
        Span<byte> destination)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (zigzags.Length <= FewDistances.MaxWithoutTable && !zigzags.Contains(T.Zero)
            && FewDistances.Encode<T>(zigzags, destination[1..]) is var few && few < MemoryMarshal.AsBytes(zigzags).Length)
        {
            destination[0] = (byte)Form.Few;
            return 1 + few;
        }

        var contexts = Contexts(positions, classes);
        if (rows.Length > 0 && signs.TryEncode<T>(zigzags, positions, rows, positions.Length / 4, destination[1..]) is var length and > 0)
        {
            destination[0] = (byte)Form.RowSigns;
            for (var index = 0; index < zigzags.Length; index++)
            {
                zigzags[index] = (zigzags[index] >>> 1) + (zigzags[index] & T.One);
            }

            return 1 + length + magnitudes.Encode<T>(zigzags, signed: false, contexts, classes.Count, destination[(1 + length)..]);
        }

        destination[0] = (byte)Form.Distances;
        var tabled = 1 + magnitudes.Encode<T>(zigzags, signed: true, contexts, classes.Count, destination[1..]);
        if (zigzags.Length <= FewDistances.MaxCount && !zigzags.Contains(T.Zero) && 1
            + FewDistances.Encode<T>(zigzags, destination[(tabled + 1)..]) is var untabled && untabled < tabled)
        {
            destination[0] = (byte)Form.Few;
            destination.Slice(tabled + 1, untabled - 1).CopyTo(destination[1..]);
            return untabled;
        }

        return tabled;
    }

    private int Decode<T>(ReadOnlySpan<byte> source, Form form, ReadOnlySpan<int> positions, BlockClasses classes, Span<T> zigzags)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (form == Form.Few)
        {
            return FewDistances.Decode(source, zigzags);
        }

        var contexts = Contexts(positions, classes);
        if (form == Form.Distances)
        {
            return magnitudes.Decode(source, signed: true, contexts, classes.Count, zigzags);
        }

        var whole = source.Length;
        if (form != Form.RowSigns || !signs.TryDecode(ref source, positions)
            || magnitudes.Decode(source, signed: false, contexts, classes.Count, zigzags) is var read && read < 0)
        {
            return -1;
        }

        var negative = signs.Read(positions.Length);
        for (var index = 0; index < zigzags.Length; index++)
        {
            zigzags[index] = (zigzags[index] << 1) - T.CreateTruncating(negative[index]);
        }

        return whole - source.Length + read;
    }

    private ReadOnlySpan<byte> Contexts(ReadOnlySpan<int> positions, BlockClasses classes)
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
        new(ErrorCode.CorruptFrame, "block", "The bytes are not a valid block.", "The frame is damaged or malicious; send it again.");
}
