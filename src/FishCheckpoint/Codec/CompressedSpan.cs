using System.Buffers;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Codec;

/// <summary>Pieces of bytes, compressed or not (docs/reference/format/container.md, "Compressed spans").</summary>
internal static class CompressedSpan
{
    /// <summary>Compresses bytes, if that makes them fewer, and writes them as a run: compression u8, encoded length varint, the decoded
    /// length, the bytes.</summary>
    /// <param name="compression">The compression wanted.</param>
    /// <param name="level">Its effort.</param>
    /// <param name="run">The bytes.</param>
    /// <param name="destination">Room for them and three varints.</param>
    /// <param name="withLength">Whether the decoded length is written, since the reader cannot know it.</param>
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

    /// <summary>Reads a run: the mirror of <see cref="Write"/>.</summary>
    /// <param name="source">The encoded bytes; moved past the run.</param>
    /// <param name="decodedLength">Its decoded length, where it is known.</param>
    /// <param name="maxLength">The most that it may be where it is not.</param>
    /// <param name="destination">Room for that.</param>
    /// <returns>The decoded bytes, in <paramref name="destination"/>.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>, <see cref="ErrorCode.FrameTooLarge"/>.</exception>
    public static ReadOnlySpan<byte> Read(ref ReadOnlySpan<byte> source, int? decodedLength, int maxLength, Span<byte> destination)
    {
        if (source.Length == 0 || source[0] > (byte)Compression.Brotli)
        {
            throw Corrupt("The compression of a run is not known.");
        }

        var compression = (Compression)source[0];
        source = source[1..];
        if (!Varint.TryRead(ref source, out var encoded) || encoded > (ulong)source.Length)
        {
            // The length of the run, or after it the decoded length, is missing or leads past the chunk.
            throw Corrupt("A run is longer than its chunk.");
        }

        var decoded = (ulong)(decodedLength ?? 0);
        if (decodedLength is null && !Varint.TryRead(ref source, out decoded))
        {
            throw Corrupt("A run is longer than its chunk.");
        }

        if (decoded > (ulong)maxLength)
        {
            throw new FishException(
                ErrorCode.FrameTooLarge, "chunk", $"A run declares {decoded} decoded bytes where at most {maxLength} are possible.",
                "The frame is hostile or damaged; nothing was decoded.");
        }

        if (encoded > (ulong)source.Length)
        {
            throw Corrupt("A run is longer than its chunk.");
        }

        var target = destination[..(int)decoded];
        Compressor.Decompress(compression, source[..(int)encoded], target);
        source = source[(int)encoded..];
        return target;
    }

    /// <summary>What a chunk that cannot be decoded is refused with.</summary>
    public static FishException Corrupt(string cause) =>
        new(ErrorCode.CorruptFrame, "chunk", cause, "The frame is damaged or hostile; send it again.");
}
