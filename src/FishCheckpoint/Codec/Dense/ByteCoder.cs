using System.Numerics;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Codec;

/// <summary>
/// Bytes as symbols of one table (docs/reference/format/blocks.md, "Byte symbols"): in two streams with four states each, so that eight
/// steps that do not wait for each other are under way at once. Holds the working memory; not safe for use by two threads at once.
/// </summary>
internal sealed class ByteCoder
{
    private readonly ByteTable table = new();
    private readonly short[] scaled = new short[256];
    private readonly byte[] head = new byte[1024];
    private byte[] streams = [];

    /// <summary>Encodes.</summary>
    /// <param name="bytes">At least one.</param>
    /// <param name="counts">How often each occurs among them.</param>
    /// <param name="destination">Where the encoding goes, if it fits.</param>
    /// <returns>Bytes written; 0 where they would be more than there is room for.</returns>
    public int Encode(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> counts, Span<byte> destination)
    {
        // More states than there are symbols fit no better, and take time to lay out.
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

    /// <summary>Decodes: the mirror of <see cref="Encode"/>.</summary>
    /// <param name="source">The encoding and what follows it; moved past it.</param>
    /// <param name="bytes">Filled entirely.</param>
    /// <returns>Whether it is an encoding of so many bytes.</returns>
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
