using System.Runtime.InteropServices;

namespace FishCheckpoint.Benchmarks.Compressors;

/// <summary>The reference implementations that a Linux system brings: the yardstick for the managed ones.</summary>
internal static unsafe partial class SystemLibraries
{
    private const string Lz4 = "liblz4.so.1";
    private const string Zstd = "libzstd.so.1";

    // As in Codec/Zstd.cs.
    private const int LevelParameter = 100;
    private const int HashLogParameter = 102;
    private const int LiteralsParameter = 1002;
    private const int FastestLevel = -(1 << 17);
    private const int SmallHashLog = 8;

    private static readonly Lazy<(nint Compression, nint Literals, nint Decompression)> Contexts = new(() =>
    {
        var literals = CreateCompression();
        _ = SetParameter(literals, LiteralsParameter, 1);
        _ = SetParameter(literals, LevelParameter, FastestLevel);
        _ = SetParameter(literals, HashLogParameter, SmallHashLog);
        return (CreateCompression(), literals, CreateDecompression());
    });

    /// <summary>Whether both are installed.</summary>
    public static bool AreThere { get; } = NativeLibrary.TryLoad(Lz4, typeof(SystemLibraries).Assembly, null, out _)
        && NativeLibrary.TryLoad(Zstd, typeof(SystemLibraries).Assembly, null, out _);

    /// <summary>Their versions.</summary>
    public static string Versions => $"liblz4 {Marshal.PtrToStringUTF8(Lz4Version())}, libzstd {Marshal.PtrToStringUTF8(ZstdVersion())}";

    public static int CompressLz4(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        fixed (byte* from = source, to = destination)
        {
            return CompressDefault(from, to, source.Length, destination.Length);
        }
    }

    public static int DecompressLz4(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        fixed (byte* from = source, to = destination)
        {
            return DecompressSafe(from, to, source.Length, destination.Length);
        }
    }

    public static int CompressZstd(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        fixed (byte* from = source, to = destination)
        {
            return (int)CompressContext(Contexts.Value.Compression, to, (nuint)destination.Length, from, (nuint)source.Length, 1);
        }
    }

    public static int CompressLiterals(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        fixed (byte* from = source, to = destination)
        {
            return (int)CompressParameters(Contexts.Value.Literals, to, (nuint)destination.Length, from, (nuint)source.Length);
        }
    }

    public static int DecompressZstd(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        fixed (byte* from = source, to = destination)
        {
            return (int)DecompressContext(Contexts.Value.Decompression, to, (nuint)destination.Length, from, (nuint)source.Length);
        }
    }

    [LibraryImport(Lz4, EntryPoint = "LZ4_versionString")]
    private static partial nint Lz4Version();

    [LibraryImport(Lz4, EntryPoint = "LZ4_compress_default")]
    private static partial int CompressDefault(byte* source, byte* destination, int sourceLength, int destinationLength);

    [LibraryImport(Lz4, EntryPoint = "LZ4_decompress_safe")]
    private static partial int DecompressSafe(byte* source, byte* destination, int sourceLength, int destinationLength);

    [LibraryImport(Zstd, EntryPoint = "ZSTD_versionString")]
    private static partial nint ZstdVersion();

    [LibraryImport(Zstd, EntryPoint = "ZSTD_createCCtx")]
    private static partial nint CreateCompression();

    [LibraryImport(Zstd, EntryPoint = "ZSTD_createDCtx")]
    private static partial nint CreateDecompression();

    [LibraryImport(Zstd, EntryPoint = "ZSTD_CCtx_setParameter")]
    private static partial nuint SetParameter(nint context, int parameter, int value);

    [LibraryImport(Zstd, EntryPoint = "ZSTD_compressCCtx")]
    private static partial nuint CompressContext(nint context, byte* destination, nuint room, byte* source, nuint length, int level);

    [LibraryImport(Zstd, EntryPoint = "ZSTD_compress2")]
    private static partial nuint CompressParameters(nint context, byte* destination, nuint room, byte* source, nuint length);

    [LibraryImport(Zstd, EntryPoint = "ZSTD_decompressDCtx")]
    private static partial nuint DecompressContext(nint context, byte* destination, nuint room, byte* source, nuint length);
}
