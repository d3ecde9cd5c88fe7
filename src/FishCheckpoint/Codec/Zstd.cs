using ZstdSharp.Unsafe;

namespace FishCheckpoint.Codec;

/// <summary>Zstandard (RFC 8878) through ZstdSharp, one-shot, with contexts cached per thread.</summary>
internal static unsafe class Zstd
{
    private const int HighestLevel = 19;
    private const int FastestLevel = -(1 << 17);
    private const int SmallHashLog = 8;

    // zstd.h: ZSTD_c_literalCompressionMode, here ZSTD_ps_enable.
    private const ZSTD_cParameter LiteralMode = ZSTD_cParameter.ZSTD_c_experimentalParam5;

    [ThreadStatic]
    private static Contexts? contexts;

    private static Contexts Own => contexts ??= new Contexts();

    /// <summary>Compresses to one frame.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="destination">Space for the frame.</param>
    /// <param name="level">The level, 1 to 19. Higher ones would take far more memory and count as 19.</param>
    /// <param name="written">The length of the frame.</param>
    /// <returns>Whether the frame fits.</returns>
    public static bool TryCompress(ReadOnlySpan<byte> source, Span<byte> destination, int level, out int written)
    {
        fixed (byte* from = source, to = destination)
        {
            var (room, length) = ((nuint)destination.Length, (nuint)source.Length);
            return Check(Methods.ZSTD_compressCCtx(Own.Compression, to, room, from, length, Math.Min(level, HighestLevel)), out written);
        }
    }

    /// <summary>
    /// Compresses bytes without repetition by Huffman coding alone. Accidental matches would cost more bytes than they save, and three
    /// times the time.
    /// </summary>
    public static bool TryCompressLiterals(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        fixed (byte* from = source, to = destination)
        {
            return Check(Methods.ZSTD_compress2(Own.Literals, to, (nuint)destination.Length, from, (nuint)source.Length), out written);
        }
    }

    /// <summary>Decompresses: the inverse of both methods.</summary>
    /// <returns>Whether the bytes are frames whose content fits; nothing is written past the destination.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        fixed (byte* from = source, to = destination)
        {
            var (room, length) = ((nuint)destination.Length, (nuint)source.Length);
            return Check(Methods.ZSTD_decompressDCtx(Own.Decompression, to, room, from, length), out written);
        }
    }

    private static bool Check(nuint result, out int written)
    {
        var failed = Methods.ZSTD_isError(result);
        written = failed ? 0 : (int)result;
        return !failed;
    }

    /// <summary>Native contexts, kept for the life of a thread: creating them costs more than coding a small span.</summary>
    private sealed class Contexts
    {
        private ZSTD_CCtx_s* compression;
        private ZSTD_CCtx_s* literals;
        private ZSTD_DCtx_s* decompression;

        ~Contexts()
        {
            _ = Methods.ZSTD_freeCCtx(compression);
            _ = Methods.ZSTD_freeCCtx(literals);
            _ = Methods.ZSTD_freeDCtx(decompression);
        }

        // Created on first use, so that a program that only reads never compiles the compressor.
        public ZSTD_CCtx_s* Compression => compression is null ? compression = Methods.ZSTD_createCCtx() : compression;

        public ZSTD_CCtx_s* Literals => literals is null ? literals = CreateLiterals() : literals;

        public ZSTD_DCtx_s* Decompression => decompression is null ? decompression = Methods.ZSTD_createDCtx() : decompression;

        // The fastest level searches almost nothing, but without the mode it would store literals uncompressed.
        private static ZSTD_CCtx_s* CreateLiterals()
        {
            var context = Methods.ZSTD_createCCtx();
            _ = Methods.ZSTD_CCtx_setParameter(context, LiteralMode, 1);
            _ = Methods.ZSTD_CCtx_setParameter(context, ZSTD_cParameter.ZSTD_c_compressionLevel, FastestLevel);
            _ = Methods.ZSTD_CCtx_setParameter(context, ZSTD_cParameter.ZSTD_c_hashLog, SmallHashLog);
            return context;
        }
    }
}
