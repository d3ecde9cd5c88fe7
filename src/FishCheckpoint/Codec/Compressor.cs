using System.IO.Compression;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Codec;

/// <summary>Compresses and decompresses spans of bytes whose decoded length the reader knows.</summary>
internal static class Compressor
{
    private const int BrotliWindow = 22;

    // A compressor's overhead exceeds the savings on fewer bytes.
    private const int MinBytes = 24;

    // Below this size, a search for repetition is cheap and may succeed.
    private const int MinLiteralBytes = 4096;

    /// <summary>Compresses the bytes if that shrinks them.</summary>
    /// <param name="compression">The requested compression.</param>
    /// <param name="level">The compression level.</param>
    /// <param name="source">The bytes.</param>
    /// <param name="destination">Space for the result, at least as long as <paramref name="source"/>.</param>
    /// <param name="written">The length of the result.</param>
    /// <returns>The compression used: <see cref="Compression.Stored"/> if the requested one does not shrink the bytes.</returns>
    public static Compression Compress(Compression compression, int level, ReadOnlySpan<byte> source, Span<byte> destination,
        out int written)
    {
        // One byte less than the source, so that only a shorter result fits.
        var room = destination[..Math.Max(0, source.Length - 1)];
        var shrunk = compression switch
        {
            _ when level <= 1 && Compressibility.IsNoise(source) => Nothing(out written),
            Compression.Lz4 => Lz4.TryCompress(source, room, level, out written),
            Compression.Zstd => Zstd.TryCompress(source, room, level, out written),
            Compression.Brotli => BrotliEncoder.TryCompress(source, room, out written, Math.Clamp(level, 0, 11), BrotliWindow),
            _ => Nothing(out written),
        };
        if (shrunk && written > 0)
        {
            return compression;
        }

        source.CopyTo(destination);
        written = source.Length;
        return Compression.Stored;
    }

    /// <summary>Compresses a plane of values if that shrinks it, with a method chosen from a sample.</summary>
    /// <param name="compression">The requested compression.</param>
    /// <param name="level">The compression level. At 1 and below, planes are not searched for repetition unless one byte prevails.</param>
    /// <param name="plane">The bytes.</param>
    /// <param name="destination">Space for the result, at least as long as <paramref name="plane"/>.</param>
    /// <param name="written">The length of the result.</param>
    /// <returns>Whether the plane shrank; if not, nothing was written.</returns>
    internal static bool TryCompressPlane(Compression compression, int level, ReadOnlySpan<byte> plane, Span<byte> destination,
        out int written)
    {
        written = 0;
        if (compression == Compression.Stored || plane.Length < MinBytes)
        {
            return false;
        }

        var room = destination[..(plane.Length - 1)];
        var spread = level <= 1 ? Compressibility.SpreadOf(plane) : Spread.One;
        spread = spread == Spread.Some && plane.Length < MinLiteralBytes ? Spread.One : spread;
        return spread != Spread.Uniform && compression switch
        {
            Compression.Zstd when spread == Spread.Some => Zstd.TryCompressLiterals(plane, room, out written),
            Compression.Zstd => Zstd.TryCompress(plane, room, level, out written),
            Compression.Lz4 => Lz4.TryCompress(plane, room, level, out written),
            _ => BrotliEncoder.TryCompress(plane, room, out written, Math.Clamp(level, 0, 11), BrotliWindow),
        } && written > 0;
    }

    /// <summary>Decompresses: the inverse of <see cref="Compress"/>.</summary>
    /// <param name="compression">The compression used.</param>
    /// <param name="source">The compressed bytes.</param>
    /// <param name="destination">Filled completely; nothing is written past it.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>: the bytes are invalid or decode to another length.</exception>
    public static void Decompress(Compression compression, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var written = 0;
        var decoded = compression switch
        {
            Compression.Stored => source.TryCopyTo(destination) && (written = source.Length) >= 0,
            Compression.Lz4 => Lz4.TryDecompress(source, destination, out written),
            Compression.Zstd => Zstd.TryDecompress(source, destination, out written),
            Compression.Brotli => BrotliDecoder.TryDecompress(source, destination, out written),
            _ => false,
        };
        if (!decoded || written != destination.Length)
        {
            throw new FishException(
                ErrorCode.CorruptFrame, compression.ToString(),
                $"The bytes do not decode to the declared {destination.Length} bytes.",
                "The frame is damaged or malicious; send it again.");
        }
    }

    private static bool Nothing(out int written)
    {
        written = 0;
        return false;
    }
}
