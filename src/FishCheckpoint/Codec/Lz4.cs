using K4os.Compression.LZ4;

namespace FishCheckpoint.Codec;

/// <summary>The LZ4 block format, through K4os.Compression.LZ4.</summary>
internal static class Lz4
{
    /// <summary>Compresses to one block.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="destination">Space for the block; its content is undefined if the block does not fit.</param>
    /// <param name="level">The level: below 3 the fast search, 3 to 9 high compression, 10 to 12 the optimal parser.</param>
    /// <param name="written">The length of the block.</param>
    /// <returns>Whether the block fits.</returns>
    public static bool TryCompress(ReadOnlySpan<byte> source, Span<byte> destination, int level, out int written)
    {
        var effort = level < (int)LZ4Level.L03_HC ? LZ4Level.L00_FAST : (LZ4Level)Math.Min(level, (int)LZ4Level.L12_MAX);
        written = LZ4Codec.Encode(source, destination, effort);
        return written > 0;
    }

    /// <summary>Decompresses one block: the inverse of <see cref="TryCompress"/>.</summary>
    /// <returns>Whether the bytes are a block whose content fits; nothing is written past the destination.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        // The library accepts empty input for an empty block; in LZ4 an empty block has one byte.
        written = source.IsEmpty ? -1 : LZ4Codec.Decode(source, destination);
        return written >= 0;
    }
}
