using System.Runtime.InteropServices;
using FishCheckpoint.Codec;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>Zstandard by the system's library, the one that our own codec uses.</summary>
internal static partial class Zstandard
{
    /// <summary>Compresses to one frame; one that does not shrink stays a frame, since the peers' formats have no other form.</summary>
    public static byte[] Compress(ReadOnlySpan<byte> bytes, int level)
    {
        var room = new byte[bytes.Length + (bytes.Length >> 7) + 512];
        return Zstd.TryCompress(bytes, room, level, out var written) ? room[..written] : throw new InvalidOperationException("The library refused to compress.");
    }

    /// <summary>Decompresses a frame whose content's length is known.</summary>
    public static void Decompress(ReadOnlySpan<byte> frame, Span<byte> content) => Compressor.Decompress(Compression.Zstd, frame, content);

    /// <summary>The length of a frame's content, as it says itself.</summary>
    public static unsafe int ContentSize(ReadOnlySpan<byte> frame)
    {
        fixed (byte* from = frame)
        {
            return checked((int)GetFrameContentSize(from, (nuint)frame.Length));
        }
    }

    [LibraryImport("libzstd.so.1", EntryPoint = "ZSTD_getFrameContentSize")]
    private static unsafe partial ulong GetFrameContentSize(byte* frame, nuint length);
}
