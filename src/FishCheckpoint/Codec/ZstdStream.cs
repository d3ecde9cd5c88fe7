using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>The reference Zstandard library, a part at a time (zstd.h; RFC 8878): frames of any length in bounded memory.</summary>
internal static unsafe partial class ZstdStream
{
    /// <summary>As much of a frame as tells how long its content is.</summary>
    public const int LongestHeader = 18;

    private const string Library = "libzstd.so.1";
    private const int LevelParameter = 100;

    private const ulong Unknown = ulong.MaxValue;
    private const ulong Damaged = ulong.MaxValue - 1;

    /// <summary>What a frame declares that its content's length is.</summary>
    /// <param name="start">The frame's first bytes.</param>
    /// <param name="length">The length; <see langword="null"/> where the frame does not say.</param>
    /// <returns>Whether the bytes begin as a frame does.</returns>
    public static bool TryReadLength(ReadOnlySpan<byte> start, out ulong? length)
    {
        Require();
        fixed (byte* bytes = start)
        {
            var found = FrameContentSize(bytes, (nuint)start.Length);
            length = found is Unknown or Damaged ? null : found;
            return found != Damaged;
        }
    }

    public static nint OpenWriter(int level, long? length)
    {
        Require();
        var context = CreateCompression();
        _ = SetParameter(context, LevelParameter, level);
        if (length is { } known)
        {
            _ = SetSourceLength(context, (ulong)known);
        }

        return context;
    }

    public static nint OpenReader()
    {
        Require();
        return CreateDecompression();
    }

    public static void CloseWriter(nint context) => FreeCompression(context);

    public static void CloseReader(nint context) => FreeDecompression(context);

    /// <summary>Compresses what fits.</summary>
    /// <param name="context">The writer.</param>
    /// <param name="source">Bytes; those that were taken are cut off.</param>
    /// <param name="destination">Room for the result.</param>
    /// <param name="end">Whether the frame ends with these bytes.</param>
    /// <param name="written">Bytes of the result.</param>
    /// <returns>Whether there is nothing left to write.</returns>
    public static bool Compress(nint context, ref ReadOnlySpan<byte> source, Span<byte> destination, bool end, out int written)
    {
        fixed (byte* from = source, to = destination)
        {
            var (input, output) = (new Buffer(from, source.Length), new Buffer(to, destination.Length));
            var left = CompressStream(context, &output, &input, end ? 2 : 0);
            if (IsError(left) != 0)
            {
                throw new InvalidOperationException("Zstandard refuses to compress.");
            }

            source = source[(int)input.Position..];
            written = (int)output.Position;
            return source.Length == 0 && (!end || left == 0);
        }
    }

    /// <summary>Decompresses what fits.</summary>
    /// <param name="context">The reader.</param>
    /// <param name="source">Bytes; those that were taken are cut off.</param>
    /// <param name="destination">Room for the result.</param>
    /// <param name="written">Bytes of the result.</param>
    /// <param name="ended">Whether the frame has ended.</param>
    /// <returns><see langword="false"/> when the bytes are damaged.</returns>
    public static bool Decompress(nint context, ref ReadOnlySpan<byte> source, Span<byte> destination, out int written, out bool ended)
    {
        fixed (byte* from = source, to = destination)
        {
            var (input, output) = (new Buffer(from, source.Length), new Buffer(to, destination.Length));
            var left = DecompressStream(context, &output, &input);
            source = source[(int)input.Position..];
            (written, ended) = ((int)output.Position, left == 0);
            return IsError(left) == 0;
        }
    }

    private static void Require()
    {
        if (!Zstd.IsAvailable)
        {
            throw Compressor.Missing(Library, "libzstd1");
        }
    }

    [LibraryImport(Library, EntryPoint = "ZSTD_getFrameContentSize")]
    private static partial ulong FrameContentSize(byte* source, nuint length);

    [LibraryImport(Library, EntryPoint = "ZSTD_createCCtx")]
    private static partial nint CreateCompression();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeCCtx")]
    private static partial nuint FreeCompression(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_createDCtx")]
    private static partial nint CreateDecompression();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDCtx")]
    private static partial nuint FreeDecompression(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_setParameter")]
    private static partial nuint SetParameter(nint context, int parameter, int value);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_setPledgedSrcSize")]
    private static partial nuint SetSourceLength(nint context, ulong length);

    [LibraryImport(Library, EntryPoint = "ZSTD_compressStream2")]
    private static partial nuint CompressStream(nint context, Buffer* output, Buffer* input, int end);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressStream")]
    private static partial nuint DecompressStream(nint context, Buffer* output, Buffer* input);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint code);

    [StructLayout(LayoutKind.Sequential)]
    private struct Buffer(byte* bytes, int length)
    {
        public byte* Bytes = bytes;
        public nuint Length = (nuint)length;
        public nuint Position;
    }
}
