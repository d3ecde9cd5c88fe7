using FishCheckpoint.Codec;
using ZstdSharp.Unsafe;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>Zstandard by the library that our own codec uses.</summary>
internal static class Zstandard
{
    /// <summary>Compresses to one frame; one that does not shrink stays a frame, since the peers' formats have no other form.</summary>
    public static byte[] Compress(ReadOnlySpan<byte> bytes, int level)
    {
        var room = new byte[bytes.Length + (bytes.Length >> 7) + 512];
        return Zstd.TryCompress(bytes, room, level, out var written) ? room[..written]
            : throw new InvalidOperationException("The library refused to compress.");
    }

    /// <summary>Decompresses a frame whose content's length is known.</summary>
    public static void Decompress(ReadOnlySpan<byte> frame, Span<byte> content) => Compressor.Decompress(Compression.Zstd, frame, content);

    /// <summary>The length of a frame's content, as it says itself.</summary>
    public static unsafe int ContentSize(ReadOnlySpan<byte> frame)
    {
        fixed (byte* from = frame)
        {
            return checked((int)Methods.ZSTD_getFrameContentSize(from, (nuint)frame.Length));
        }
    }
}
