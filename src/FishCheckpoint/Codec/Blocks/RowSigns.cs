using System.Numerics;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Codec;

/// <summary>
/// Signs of distances row by row (docs/reference/format/blocks.md, "Signs by row"). A row of weights behind activations of mostly one sign
/// changes mostly in one direction. Each row with enough signs encodes the share of negative ones in eighths, and its signs are coded with
/// that rate. Owns working memory.
/// </summary>
internal sealed class RowSigns(MagnitudeCoder coder)
{
    private const int MinSigns = 8;
    private const int LevelBits = 3;
    private const int Levels = 1 << LevelBits;

    // Rows with too few signs for a rate.
    private const byte Unknown = Levels;
    private const int Classes = Levels + 1;

    private const double Worth = 0.01;
    private const int MinGainBytes = 32;

    // The savings per sign at each level.
    private static readonly double[] Gains = [.. Enumerable.Range(0, Levels).Select(level => (level + 0.5) / Levels)
        .Select(p => 1 + (p * Math.Log2(p)) + ((1 - p) * Math.Log2(1 - p)))];

    private byte[] signs = [];
    private byte[] classes = [];

    /// <summary>The decoded signs: 1 for each negative distance.</summary>
    /// <param name="count">The number of signs.</param>
    public ReadOnlySpan<byte> Read(int count) => signs.AsSpan(0, count);

    /// <summary>Encodes the signs of zigzag distances if that saves bytes.</summary>
    /// <param name="zigzags">The distances.</param>
    /// <param name="positions">The units of the distances in the block.</param>
    /// <param name="rows">The block's offset in its tensor's rows.</param>
    /// <param name="bytes">Bytes of the distances with plain signs.</param>
    /// <param name="destination">Space for twice the positions in bytes, and a few bytes.</param>
    /// <returns>Bytes written; 0 if it does not save bytes.</returns>
    public int TryEncode<T>(ReadOnlySpan<T> zigzags, ReadOnlySpan<int> positions, BlockRows rows, int bytes, Span<byte> destination)
        where T : unmanaged, IBinaryInteger<T>
    {
        Reserve(positions.Length);
        var gain = 0d;
        for (var start = 0; start < positions.Length;)
        {
            var (end, count, negative) = (EndOf(positions[start], rows), 0, 0);
            for (var index = start; index < positions.Length && positions[index] < end; index++, count++)
            {
                var sign = byte.CreateTruncating(zigzags[index] & T.One);
                signs[index] = sign;
                negative += sign;
            }

            var level = Unknown;
            if (count >= MinSigns)
            {
                level = (byte)Math.Min(Levels - 1, Levels * negative / count);
                gain += (count * Gains[level]) - LevelBits;
            }

            classes.AsSpan(start, count).Fill(level);
            start += count;
        }

        return gain / 8 > Math.Max(MinGainBytes, Worth * bytes) ? Write(positions, rows, destination) : 0;
    }

    /// <summary>Decodes signs: the inverse of <see cref="TryEncode"/>.</summary>
    /// <param name="source">The encoded bytes; advanced past the signs.</param>
    /// <param name="positions">The units of the distances in the block.</param>
    /// <returns>Whether the bytes are a valid encoding.</returns>
    public bool TryDecode(ref ReadOnlySpan<byte> source, ReadOnlySpan<int> positions)
    {
        if (!Varint.TryRead(ref source, out var length) || !Varint.TryRead(ref source, out var offset) || length is 0 or > long.MaxValue
            || offset >= length)
        {
            return false;
        }

        Reserve(positions.Length);
        var rows = new BlockRows((long)length, (long)offset);
        var reader = new BitReader(source);
        for (var start = 0; start < positions.Length;)
        {
            var count = CountOf(positions[start..], rows);
            classes.AsSpan(start, count).Fill(count < MinSigns ? Unknown : (byte)reader.Read(LevelBits));
            start += count;
        }

        if (reader.Overrun)
        {
            return false;
        }

        source = source[reader.Length..];
        var read = coder.Decode<byte>(source, signed: false, classes.AsSpan(0, positions.Length), Classes,
            signs.AsSpan(0, positions.Length));
        source = source[Math.Max(0, read)..];
        return read >= 0;
    }

    private static long EndOf(int position, BlockRows rows) => ((((position + rows.Offset) / rows.Length) + 1) * rows.Length) - rows.Offset;

    // The number of first positions in one row.
    private static int CountOf(ReadOnlySpan<int> positions, BlockRows rows)
    {
        var (end, count) = (EndOf(positions[0], rows), 1);
        while (count < positions.Length && positions[count] < end)
        {
            count++;
        }

        return count;
    }

    private int Write(ReadOnlySpan<int> positions, BlockRows rows, Span<byte> destination)
    {
        var length = Varint.Write(destination, (ulong)rows.Length);
        length += Varint.Write(destination[length..], (ulong)rows.Offset);
        var writer = new BitWriter(destination[length..]);
        for (var start = 0; start < positions.Length; start += CountOf(positions[start..], rows))
        {
            if (classes[start] != Unknown)
            {
                writer.Write(classes[start], LevelBits);
            }
        }

        length += writer.Length;
        return length
            + coder.Encode<byte>(signs.AsSpan(0, positions.Length), signed: false, classes.AsSpan(0, positions.Length), Classes,
                destination[length..]);
    }

    private void Reserve(int count)
    {
        if (signs.Length < count)
        {
            (signs, classes) = (new byte[count], new byte[count]);
        }
    }
}
