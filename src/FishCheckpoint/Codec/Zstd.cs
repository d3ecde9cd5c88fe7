using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>The reference Zstandard library, one-shot with a context per thread (zstd.h; RFC 8878).</summary>
internal static partial class Zstd
{
    private const string Library = "libzstd.so.1";

    // The numbers of zstd.h. The last is experimental there, and refused by a library that does not know it.
    private const int LevelParameter = 100;
    private const int HashLogParameter = 102;
    private const int LiteralsParameter = 1002;
    private const int FastestLevel = -(1 << 17);
    private const int SmallHashLog = 8;

    [ThreadStatic]
    private static Context? context;

    [ThreadStatic]
    private static Literals? literals;

    public static bool IsAvailable { get; } = NativeLibrary.TryLoad(Library, typeof(Zstd).Assembly, null, out _);

    public static unsafe bool TryCompress(ReadOnlySpan<byte> source, Span<byte> destination, int level, out int written)
    {
        var contexts = Require();
        fixed (byte* from = source, to = destination)
        {
            var result = CompressContext(contexts.Compression, to, (nuint)destination.Length, from, (nuint)source.Length, level);
            return Check(result, out written);
        }
    }

    /// <summary>
    /// Compresses bytes that only differ in how often they occur: by Huffman's code, without a search for what repeats. What is found there by chance costs more
    /// bytes than it saves, and three times the time.
    /// </summary>
    public static unsafe bool TryCompressLiterals(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        Require();
        var contexts = literals ??= new Literals();
        fixed (byte* from = source, to = destination)
        {
            var result = CompressParameters(contexts.Compression, to, (nuint)destination.Length, from, (nuint)source.Length);
            return Check(result, out written);
        }
    }

    public static unsafe bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        var contexts = Require();
        fixed (byte* from = source, to = destination)
        {
            var result = DecompressContext(contexts.Decompression, to, (nuint)destination.Length, from, (nuint)source.Length);
            return Check(result, out written);
        }
    }

    private static bool Check(nuint result, out int written)
    {
        var failed = IsError(result) != 0;
        written = failed ? 0 : (int)result;
        return !failed;
    }

    private static Context Require() =>
        IsAvailable ? context ??= new Context() : throw Compressor.Missing(Library, "libzstd1");

    [LibraryImport(Library, EntryPoint = "ZSTD_createCCtx")]
    private static partial nint CreateCompression();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeCCtx")]
    private static partial nuint FreeCompression(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_createDCtx")]
    private static partial nint CreateDecompression();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDCtx")]
    private static partial nuint FreeDecompression(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_compressCCtx")]
    private static unsafe partial nuint CompressContext(
        nint context, byte* destination, nuint destinationLength, byte* source, nuint sourceLength, int level);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressDCtx")]
    private static unsafe partial nuint DecompressContext(
        nint context, byte* destination, nuint destinationLength, byte* source, nuint sourceLength);

    [LibraryImport(Library, EntryPoint = "ZSTD_compress2")]
    private static unsafe partial nuint CompressParameters(
        nint context, byte* destination, nuint destinationLength, byte* source, nuint sourceLength);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_setParameter")]
    private static partial nuint SetParameter(nint context, int parameter, int value);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint code);

    private sealed class Literals
    {
        public Literals()
        {
            // The fastest level looks for next to nothing, and would leave literals as they are; a library without the switch goes on at its first level.
            var known = IsError(SetParameter(Compression, LiteralsParameter, 1)) == 0;
            _ = SetParameter(Compression, LevelParameter, known ? FastestLevel : 1);
            _ = SetParameter(Compression, HashLogParameter, known ? SmallHashLog : 0);
        }

        public nint Compression { get; } = CreateCompression();

        ~Literals() => FreeCompression(Compression);
    }

    /// <summary>Native working memory, kept for the life of a thread: creating it costs more than coding a small run.</summary>
    private sealed class Context
    {
        public nint Compression { get; } = CreateCompression();

        public nint Decompression { get; } = CreateDecompression();

        ~Context()
        {
            FreeCompression(Compression);
            FreeDecompression(Decompression);
        }
    }
}
