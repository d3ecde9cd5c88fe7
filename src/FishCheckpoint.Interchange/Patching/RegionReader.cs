using System.Buffers.Binary;

namespace FishCheckpoint.Interchange.Patching;

/// <summary>Reads a region of a file or spool from front to end. The reader's caller knows how long it is.</summary>
/// <param name="source">Reads bytes from an offset.</param>
/// <param name="begin">Where the region begins.</param>
/// <param name="length">How many bytes it has.</param>
internal class RegionReader(Action<long, Span<byte>> source, long begin, long length)
{
    private readonly byte[] buffer = new byte[(int)Math.Min(length, 1 << 16)];
    private long left = length;
    private long at = begin;
    private int next;
    private int end;

    /// <summary>Where the next byte lies in the source.</summary>
    public long Position => at - (end - next);

    /// <summary>How many bytes are left.</summary>
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

    /// <summary>What is thrown if more is read than the region has. Default: a fault of the caller.</summary>
    protected virtual Exception Ended() => new InvalidOperationException("More is read than the region has.");

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
