using K4os.Compression.LZ4;

namespace FishCheckpoint.Codec;

/// <summary>LZ4's block format, by K4os.Compression.LZ4.</summary>
internal static class Lz4
{
    /// <summary>Compresses to one block.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="destination">Room for the block; one that does not fit there is not written whole.</param>
    /// <param name="level">The effort: below 3 the fast search, 3 to 9 LZ4's high compression, 10 to 12 its optimal parser.</param>
    /// <param name="written">Bytes of the block.</param>
    /// <returns>Whether the block fits.</returns>
    public static bool TryCompress(ReadOnlySpan<byte> source, Span<byte> destination, int level, out int written)
    {
        var effort = level < (int)LZ4Level.L03_HC ? LZ4Level.L00_FAST : (LZ4Level)Math.Min(level, (int)LZ4Level.L12_MAX);
        written = LZ4Codec.Encode(source, destination, effort);
        return written > 0;
    }

    /// <summary>Decompresses one block: the mirror of <see cref="TryCompress"/>.</summary>
    /// <returns>Whether the bytes are a block whose content fits; nothing is written past the destination.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        // The library takes no bytes at all for an empty block; LZ4 writes a byte for it.
        written = source.IsEmpty ? -1 : LZ4Codec.Decode(source, destination);
        return written >= 0;
    }
}
