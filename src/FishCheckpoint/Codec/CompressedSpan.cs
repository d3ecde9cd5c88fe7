using System.Buffers;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Codec;

/// <summary>Spans of bytes, compressed or stored (docs/reference/format/container.md, "Compressed spans").</summary>
internal static class CompressedSpan
{
    /// <summary>
    /// Writes a span: compression (u8), encoded length (varint), optional decoded length, and the bytes, which are compressed if that
    /// shrinks them.
    /// </summary>
    /// <param name="compression">The requested compression.</param>
    /// <param name="level">The compression level.</param>
    /// <param name="run">The bytes.</param>
    /// <param name="destination">Space for the bytes and three varints.</param>
    /// <param name="withLength">Whether to write the decoded length, for readers that do not know it.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(Compression compression, int level, ReadOnlySpan<byte> run, Span<byte> destination, bool withLength)
    {
        var room = run.Length + (3 * Varint.MaxLength);
        var rented = ArrayPool<byte>.Shared.Rent(room);
        try
        {
            var used = Compressor.Compress(compression, level, run, rented, out var encoded);
            destination[0] = (byte)used;
            var length = 1 + Varint.Write(destination[1..], (ulong)encoded);
            if (withLength)
            {
                length += Varint.Write(destination[length..], (ulong)run.Length);
            }

            rented.AsSpan(0, encoded).CopyTo(destination[length..]);
            return length + encoded;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Reads a span: the inverse of <see cref="Write"/>.</summary>
    /// <param name="source">The encoded bytes; advanced past the span.</param>
    /// <param name="decodedLength">Its decoded length, if known.</param>
    /// <param name="maxLength">The bound of its decoded length otherwise.</param>
    /// <param name="destination">Space for the decoded bytes.</param>
    /// <returns>The decoded bytes, in <paramref name="destination"/>.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>, <see cref="ErrorCode.FrameTooLarge"/>.</exception>
    public static ReadOnlySpan<byte> Read(ref ReadOnlySpan<byte> source, int? decodedLength, int maxLength, Span<byte> destination)
    {
        if (source.Length == 0 || source[0] > (byte)Compression.Brotli)
        {
            throw Corrupt("A span has an unknown compression.");
        }

        var compression = (Compression)source[0];
        source = source[1..];
        if (!Varint.TryRead(ref source, out var encoded) || encoded > (ulong)source.Length)
        {
            // A length is missing or exceeds the chunk.
            throw Corrupt("A span is longer than its chunk.");
        }

        var decoded = (ulong)(decodedLength ?? 0);
        if (decodedLength is null && !Varint.TryRead(ref source, out decoded))
        {
            throw Corrupt("A span is longer than its chunk.");
        }

        if (decoded > (ulong)maxLength)
        {
            throw new FishException(
                ErrorCode.FrameTooLarge, "chunk", $"A span declares {decoded} decoded bytes; the limit is {maxLength}.",
                "The frame is malicious or damaged; nothing was decoded.");
        }

        if (encoded > (ulong)source.Length)
        {
            throw Corrupt("A span is longer than its chunk.");
        }

        var target = destination[..(int)decoded];
        Compressor.Decompress(compression, source[..(int)encoded], target);
        source = source[(int)encoded..];
        return target;
    }

    /// <summary>The error for a chunk that cannot be decoded.</summary>
    public static FishException Corrupt(string cause) =>
        new(ErrorCode.CorruptFrame, "chunk", cause, "The frame is damaged or malicious; send it again.");
}
