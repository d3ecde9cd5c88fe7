using System.Numerics;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Codec;

/// <summary>
/// Bytes as symbols of one table (docs/reference/format/blocks.md, "Byte symbols"), in two streams with four states each, so that eight
/// independent steps run in parallel. Owns working memory; not thread-safe.
/// </summary>
internal sealed class ByteCoder
{
    private readonly ByteTable table = new();
    private readonly short[] scaled = new short[256];
    private readonly byte[] head = new byte[1024];
    private byte[] streams = [];

    /// <summary>Encodes bytes.</summary>
    /// <param name="bytes">At least one.</param>
    /// <param name="counts">The frequency of each byte value among them.</param>
    /// <param name="destination">Receives the encoding if it fits.</param>
    /// <returns>Bytes written; 0 if the encoding does not fit.</returns>
    public int Encode(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> counts, Span<byte> destination)
    {
        // More states than symbols fit no better, and take time to lay out.
        var log = Math.Clamp(BitOperations.Log2((uint)bytes.Length), SymbolCounts.LeastLog(counts), ByteTable.MaxLog);
        SymbolCounts.Scale(counts, log, scaled);
        table.BuildEncoding(scaled, log);
        var half = ByteStreams.RoomFor(bytes.Length);
        streams = streams.Length < 2 * half ? new byte[2 * half] : streams;
        var first = ByteStreams.Encode(bytes, second: false, table, log, streams.AsSpan(0, half));
        var second = ByteStreams.Encode(bytes, second: true, table, log, streams.AsSpan(half, half));

        var writer = new BitWriter(head);
        writer.Write((ulong)log, 4);
        SymbolCounts.Write(ref writer, scaled);
        var length = writer.Length;
        length += Varint.Write(head.AsSpan(length), (ulong)first);
        length += Varint.Write(head.AsSpan(length), (ulong)second);
        if (length + first + second > destination.Length)
        {
            return 0;
        }

        head.AsSpan(0, length).CopyTo(destination);
        streams.AsSpan(half - first, first).CopyTo(destination[length..]);
        streams.AsSpan((2 * half) - second, second).CopyTo(destination[(length + first)..]);
        return length + first + second;
    }

    /// <summary>Decodes bytes: the inverse of <see cref="Encode"/>.</summary>
    /// <param name="source">The encoding and more; advanced past the encoding.</param>
    /// <param name="bytes">Filled completely.</param>
    /// <returns>Whether this is a valid encoding of that many bytes.</returns>
    public bool TryDecode(ref ReadOnlySpan<byte> source, Span<byte> bytes)
    {
        var reader = new BitReader(source);
        var log = (int)reader.Read(4);
        if (log is < ByteTable.MinLog or > ByteTable.MaxLog || !SymbolCounts.TryRead(ref reader, scaled, log))
        {
            return false;
        }

        source = source[reader.Length..];
        if (!Varint.TryRead(ref source, out var first) || !Varint.TryRead(ref source, out var second)
            || first > (ulong)source.Length || second > (ulong)source.Length - first)
        {
            return false;
        }

        table.BuildDecoding(scaled, log);
        var one = source[..(int)first];
        var two = source.Slice((int)first, (int)second);
        source = source[(int)(first + second)..];
        return ByteStreams.TryDecode(one, two, table, log, bytes);
    }
}
