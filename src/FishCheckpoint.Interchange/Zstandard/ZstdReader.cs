using FishCheckpoint.Errors;
using ZstdSharp.Unsafe;

namespace FishCheckpoint.Interchange.Zstandard;

/// <summary>Reads one Zstandard frame of any length in parts: the inverse of <see cref="ZstdWriter"/>.</summary>
internal sealed unsafe class ZstdReader : IDisposable
{
    // zstd.h: ZSTD_FRAMEHEADERSIZE_MAX, ZSTD_CONTENTSIZE_UNKNOWN and ZSTD_CONTENTSIZE_ERROR.
    private const int LongestHeader = 18;
    private const ulong UnknownLength = ulong.MaxValue;
    private const ulong NoFrame = ulong.MaxValue - 1;

    private readonly byte[] buffer = new byte[1 << 16];
    private readonly Action<long, Span<byte>> source;
    private readonly long length;
    private readonly string key;
    private long taken;
    private int begin;
    private int end;
    private bool ended;
    private ZSTD_DCtx_s* context = Methods.ZSTD_createDCtx();

    /// <summary>Starts to read a frame.</summary>
    /// <param name="source">Reads the frame's bytes from an offset.</param>
    /// <param name="length">Their number.</param>
    /// <param name="key">The version, for errors.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: the bytes do not start a frame.</exception>
    public ZstdReader(Action<long, Span<byte>> source, long length, string key)
    {
        (this.source, this.length, this.key) = (source, length, key);
        Fill();
        var declared = DeclaredLength();
        if (declared == NoFrame)
        {
            Close();
            throw Fail("The bytes are not a Zstandard frame.");
        }

        Declared = declared == UnknownLength ? null : declared;
    }

    ~ZstdReader() => Close();

    /// <summary>The declared length of its content; <see langword="null"/> if it has none.</summary>
    public ulong? Declared { get; }

    /// <summary>Refuses a frame that declares another length than required.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>.</exception>
    public void Require(long expected)
    {
        if (Declared is { } declared && declared != (ulong)expected)
        {
            throw Fail($"The frame declares {declared} bytes; expected {expected}.");
        }
    }

    /// <summary>Reads content.</summary>
    /// <param name="destination">The buffer to fill completely.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: the frame is damaged, or ends early.</exception>
    public void ReadExactly(Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var read = Read(destination);
            destination = read > 0 ? destination[read..] : throw Fail($"The frame ends {destination.Length} bytes early.");
        }
    }

    /// <summary>Skips content.</summary>
    public void Skip(long bytes)
    {
        Span<byte> scratch = new byte[(int)Math.Min(bytes, 1 << 16)];
        for (; bytes > 0; bytes -= scratch.Length)
        {
            scratch = scratch[..(int)Math.Min(bytes, scratch.Length)];
            ReadExactly(scratch);
        }
    }

    /// <summary>Checks that all content was read, and that nothing follows the frame.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>.</exception>
    public void Finish()
    {
        Span<byte> one = stackalloc byte[1];
        if (Read(one) > 0)
        {
            throw Fail("The frame's content is longer than expected.");
        }

        if (begin < end || taken < length)
        {
            throw Fail("There are bytes after the frame.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    // Fewer than requested only at the frame's end.
    private int Read(Span<byte> destination)
    {
        var total = 0;
        while (total < destination.Length && !ended)
        {
            ReadOnlySpan<byte> part = buffer.AsSpan(begin, end - begin);
            var before = part.Length;
            if (!Decompress(ref part, destination[total..], out var written))
            {
                throw Fail("The frame is damaged.");
            }

            begin = end - part.Length;
            total += written;
            if (written == 0 && before == part.Length && !ended && !Fill())
            {
                throw Fail("The frame is truncated.");
            }
        }

        return total;
    }

    private ulong DeclaredLength()
    {
        fixed (byte* start = buffer)
        {
            return Methods.ZSTD_getFrameContentSize(start, (nuint)Math.Min(end, LongestHeader));
        }
    }

    private bool Decompress(ref ReadOnlySpan<byte> part, Span<byte> destination, out int written)
    {
        fixed (byte* from = part, to = destination)
        {
            var input = new ZSTD_inBuffer_s { src = from, size = (nuint)part.Length };
            var output = new ZSTD_outBuffer_s { dst = to, size = (nuint)destination.Length };
            var left = Methods.ZSTD_decompressStream(context, &output, &input);
            part = part[(int)input.pos..];
            (written, ended) = ((int)output.pos, left == 0);
            return !Methods.ZSTD_isError(left);
        }
    }

    private bool Fill()
    {
        var part = (int)Math.Min(buffer.Length, length - taken);
        if (part <= 0 || begin < end)
        {
            return false;
        }

        source(taken, buffer.AsSpan(0, part));
        (begin, end, taken) = (0, part, taken + part);
        return true;
    }

    private void Close()
    {
        _ = Methods.ZSTD_freeDCtx(context);
        context = null;
    }

    private FishException Fail(string cause) =>
        new(ErrorCode.VersionInvalid, key, cause, "It is damaged or hostile; copy or write the version again.");
}
