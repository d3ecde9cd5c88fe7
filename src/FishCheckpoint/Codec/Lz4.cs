using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>The reference LZ4 library, block format (lz4.h).</summary>
internal static partial class Lz4
{
    private const string Library = "liblz4.so.1";

    public static bool IsAvailable { get; } = NativeLibrary.TryLoad(Library, typeof(Lz4).Assembly, null, out _);

    public static unsafe bool TryCompress(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        Require();
        fixed (byte* from = source, to = destination)
        {
            written = CompressDefault(from, to, source.Length, destination.Length);
        }

        return written > 0;
    }

    public static unsafe bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        Require();
        fixed (byte* from = source, to = destination)
        {
            written = DecompressSafe(from, to, source.Length, destination.Length);
        }

        return written >= 0;
    }

    private static void Require()
    {
        if (!IsAvailable)
        {
            throw Compressor.Missing(Library, "liblz4-1");
        }
    }

    [LibraryImport(Library, EntryPoint = "LZ4_compress_default")]
    private static unsafe partial int CompressDefault(byte* source, byte* destination, int sourceLength, int destinationLength);

    [LibraryImport(Library, EntryPoint = "LZ4_decompress_safe")]
    private static unsafe partial int DecompressSafe(byte* source, byte* destination, int sourceLength, int destinationLength);
}
