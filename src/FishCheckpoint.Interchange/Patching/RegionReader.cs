using System.Buffers.Binary;

namespace FishCheckpoint.Interchange.Patching;

/// <summary>Reads a region of a file or spool sequentially. The caller knows its length.</summary>
/// <param name="source">Reads bytes from an offset.</param>
/// <param name="begin">The offset of the region.</param>
/// <param name="length">Its length in bytes.</param>
internal class RegionReader(Action<long, Span<byte>> source, long begin, long length)
{
    private readonly byte[] buffer = new byte[(int)Math.Min(length, 1 << 16)];
    private long left = length;
    private long at = begin;
    private int next;
    private int end;

    /// <summary>The offset of the next byte in the source.</summary>
    public long Position => at - (end - next);

    /// <summary>The number of remaining bytes.</summary>
    protected long Left => left + (end - next);

    public byte U8()
    {
        if (next == end)
        {
            Fill();
        }

        return buffer[next++];
    }

    public int U16()
    {
        Span<byte> bytes = stackalloc byte[2];
        Read(bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    public uint U32()
    {
        Span<byte> bytes = stackalloc byte[4];
        Read(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public int I32() => (int)U32();

    public void Read(Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            if (next == end)
            {
                Fill();
            }

            var part = buffer.AsSpan(next, Math.Min(end - next, destination.Length));
            part.CopyTo(destination);
            next += part.Length;
            destination = destination[part.Length..];
        }
    }

    /// <summary>The error for reading beyond the region. Default: a bug of the caller.</summary>
    protected virtual Exception Ended() => new InvalidOperationException("The read exceeds the region.");

    private void Fill()
    {
        (next, end) = (0, (int)Math.Min(buffer.Length, left));
        if (end == 0)
        {
            throw Ended();
        }

        source(at, buffer.AsSpan(0, end));
        (at, left) = (at + end, left - end);
    }
}
