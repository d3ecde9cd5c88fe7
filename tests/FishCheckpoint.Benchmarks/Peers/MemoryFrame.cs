using FishCheckpoint.Codec;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>A frame in memory.</summary>
internal sealed record MemoryFrame(ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Payload) : IFrame
{
    public long PayloadLength => Payload.Length;

    /// <summary>Reads the frame at the front of some bytes, which end where it ends.</summary>
    public static MemoryFrame Read(ReadOnlyMemory<byte> bytes)
    {
        var length = FrameHead.ReadLength(bytes.Span[..FrameHead.FixedLength], bytes.Length);
        return new MemoryFrame(bytes[..length], bytes[length..]);
    }

    /// <summary>A frame's bytes: its head and its chunks.</summary>
    public static byte[] ToArray(IFrame frame)
    {
        var bytes = new byte[frame.Head.Length + frame.PayloadLength];
        frame.Head.CopyTo(bytes);
        frame.ReadPayload(0, bytes.AsSpan(frame.Head.Length));
        return bytes;
    }

    public void ReadPayload(long offset, Span<byte> destination) => Payload.Span.Slice((int)offset, destination.Length).CopyTo(destination);
}
