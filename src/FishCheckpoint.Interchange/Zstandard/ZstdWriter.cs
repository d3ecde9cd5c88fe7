using FishCheckpoint.Codec;
using ZstdSharp.Unsafe;

namespace FishCheckpoint.Interchange.Zstandard;

/// <summary>Writes one Zstandard frame of any length to a spool, in parts.</summary>
internal sealed unsafe class ZstdWriter : IDisposable
{
    private readonly byte[] buffer = new byte[1 << 17];
    private readonly byte[] small = new byte[1 << 14];
    private readonly Spool target;
    private ZSTD_CCtx_s* context = Methods.ZSTD_createCCtx();
    private int buffered;

    /// <summary>Starts a frame.</summary>
    /// <param name="target">The destination. Not owned.</param>
    /// <param name="level">The effort.</param>
    /// <param name="length">The content's length, which the frame declares; the written content must have it.</param>
    public ZstdWriter(Spool target, int level, long? length)
    {
        this.target = target;
        _ = Methods.ZSTD_CCtx_setParameter(context, ZSTD_cParameter.ZSTD_c_compressionLevel, level);
        if (length is { } known)
        {
            _ = Methods.ZSTD_CCtx_setPledgedSrcSize(context, (ulong)known);
        }
    }

    ~ZstdWriter() => Close();

    /// <summary>Adds content; a few bytes are buffered.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > small.Length - buffered)
        {
            Write(small.AsSpan(0, buffered), end: false);
            buffered = 0;
        }

        if (bytes.Length > small.Length)
        {
            Write(bytes, end: false);
            return;
        }

        bytes.CopyTo(small.AsSpan(buffered));
        buffered += bytes.Length;
    }

    /// <summary>Ends the frame.</summary>
    public void Finish()
    {
        Write(small.AsSpan(0, buffered), end: true);
        buffered = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    private void Write(ReadOnlySpan<byte> bytes, bool end)
    {
        for (var done = false; !done;)
        {
            done = Compress(ref bytes, end, out var written);
            target.Write(buffer.AsSpan(0, written));
        }
    }

    // Writes as much as fits the buffer; returns whether everything was written.
    private bool Compress(ref ReadOnlySpan<byte> bytes, bool end, out int written)
    {
        fixed (byte* from = bytes, to = buffer)
        {
            var input = new ZSTD_inBuffer_s { src = from, size = (nuint)bytes.Length };
            var output = new ZSTD_outBuffer_s { dst = to, size = (nuint)buffer.Length };
            var left = Methods.ZSTD_compressStream2(
                context, &output, &input, end ? ZSTD_EndDirective.ZSTD_e_end : ZSTD_EndDirective.ZSTD_e_continue);
            if (Methods.ZSTD_isError(left))
            {
                throw new InvalidOperationException($"Zstandard cannot compress: {Methods.ZSTD_getErrorName(left)}.");
            }

            bytes = bytes[(int)input.pos..];
            written = (int)output.pos;
            return bytes.Length == 0 && (!end || left == 0);
        }
    }

    private void Close()
    {
        _ = Methods.ZSTD_freeCCtx(context);
        context = null;
    }
}
