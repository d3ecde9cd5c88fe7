using FishCheckpoint.Errors;

namespace FishCheckpoint.Codec;

/// <summary>Reads one Zstandard frame of any length, a part at a time: the mirror of <see cref="ZstdWriter"/>.</summary>
internal sealed class ZstdReader : IDisposable
{
    private readonly byte[] buffer = new byte[1 << 16];
    private readonly Action<long, Span<byte>> source;
    private readonly long length;
    private readonly string key;
    private long taken;
    private int begin;
    private int end;
    private bool ended;
    private nint context = ZstdStream.OpenReader();

    /// <summary>Begins to read a frame.</summary>
    /// <param name="source">Reads the frame's bytes from an offset.</param>
    /// <param name="length">How many they are.</param>
    /// <param name="key">Whom they concern, for errors.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: the bytes do not begin as a frame does.</exception>
    public ZstdReader(Action<long, Span<byte>> source, long length, string key)
    {
        (this.source, this.length, this.key) = (source, length, key);
        Fill();
        if (!ZstdStream.TryReadLength(buffer.AsSpan(0, Math.Min(end, ZstdStream.LongestHeader)), out var declared))
        {
            Close();
            throw Fail("The bytes are no Zstandard frame.");
        }

        Declared = declared;
    }

    ~ZstdReader() => Close();

    /// <summary>The length that the frame declares for its content; <see langword="null"/> where it does not.</summary>
    public ulong? Declared { get; }

    /// <summary>Refuses a frame that declares another length than its content has to have.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>.</exception>
    public void Require(long expected)
    {
        if (Declared is { } declared && declared != (ulong)expected)
        {
            throw Fail($"The frame declares {declared} bytes, where {expected} belong.");
        }
    }

    /// <summary>Reads content.</summary>
    /// <param name="destination">Filled entirely.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: the frame is damaged, or ends early.</exception>
    public void ReadExactly(Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var read = Read(destination);
            destination = read > 0 ? destination[read..] : throw Fail($"The frame ends {destination.Length} bytes early.");
        }
    }

    /// <summary>Reads over content.</summary>
    public void Skip(long bytes)
    {
        Span<byte> scratch = new byte[(int)Math.Min(bytes, 1 << 16)];
        for (; bytes > 0; bytes -= scratch.Length)
        {
            scratch = scratch[..(int)Math.Min(bytes, scratch.Length)];
            ReadExactly(scratch);
        }
    }

    /// <summary>Makes sure that the content has been read, and that nothing follows the frame.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>.</exception>
    public void Finish()
    {
        Span<byte> one = stackalloc byte[1];
        if (Read(one) > 0)
        {
            throw Fail("The frame's content is longer than it can be.");
        }

        if (begin < end || taken < length)
        {
            throw Fail("Something follows the frame.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    // Less than wanted only at the frame's end.
    private int Read(Span<byte> destination)
    {
        var total = 0;
        while (total < destination.Length && !ended)
        {
            ReadOnlySpan<byte> part = buffer.AsSpan(begin, end - begin);
            var before = part.Length;
            if (!ZstdStream.Decompress(context, ref part, destination[total..], out var written, out ended))
            {
                throw Fail("The frame is damaged.");
            }

            begin = end - part.Length;
            total += written;
            if (written == 0 && before == part.Length && !ended && !Fill())
            {
                throw Fail("The frame is cut.");
            }
        }

        return total;
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
        ZstdStream.CloseReader(context);
        context = 0;
    }

    private FishException Fail(string cause) => new(ErrorCode.VersionInvalid, key, cause, "It is damaged or hostile; copy or write the version again.");
}
