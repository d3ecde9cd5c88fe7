namespace FishCheckpoint.Codec;

/// <summary>Writes one Zstandard frame of any length into a spool, a part at a time.</summary>
internal sealed class ZstdWriter : IDisposable
{
    private readonly byte[] buffer = new byte[1 << 17];
    private readonly byte[] small = new byte[1 << 14];
    private readonly Spool target;
    private nint context;
    private int held;

    /// <summary>Begins a frame.</summary>
    /// <param name="target">Where it goes. Not owned.</param>
    /// <param name="level">The effort.</param>
    /// <param name="length">The content's length, which the frame then declares; what is written has to have it.</param>
    public ZstdWriter(Spool target, int level, long? length) => (this.target, context) = (target, ZstdStream.OpenWriter(level, length));

    ~ZstdWriter() => Close();

    /// <summary>Adds bytes of the content; a few are held until there are more.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > small.Length - held)
        {
            Write(small.AsSpan(0, held), end: false);
            held = 0;
        }

        if (bytes.Length > small.Length)
        {
            Write(bytes, end: false);
            return;
        }

        bytes.CopyTo(small.AsSpan(held));
        held += bytes.Length;
    }

    /// <summary>Ends the frame.</summary>
    public void Finish()
    {
        Write(small.AsSpan(0, held), end: true);
        held = 0;
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
            done = ZstdStream.Compress(context, ref bytes, buffer, end, out var written);
            target.Write(buffer.AsSpan(0, written));
        }
    }

    private void Close()
    {
        ZstdStream.CloseWriter(context);
        context = 0;
    }
}
