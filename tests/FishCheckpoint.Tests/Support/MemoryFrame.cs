using FishCheckpoint.Codec;

namespace FishCheckpoint.Tests.Support;

/// <summary>A frame in memory, whose bytes a test may change.</summary>
internal sealed class MemoryFrame(byte[] head, byte[] payload) : IFrame
{
    public byte[] Bytes => payload;

    public ReadOnlyMemory<byte> Head => head;

    public long PayloadLength => payload.Length;

    public static MemoryFrame Of(IFrame frame)
    {
        var payload = new byte[frame.PayloadLength];
        frame.ReadPayload(0, payload);
        return new MemoryFrame(frame.Head.ToArray(), payload);
    }

    /// <summary>The frame that begins a file's bytes.</summary>
    public static MemoryFrame Of(byte[] whole)
    {
        var length = FrameHead.ReadLength(whole.AsSpan(0, FrameHead.FixedLength), whole.Length);
        return new MemoryFrame(whole[..length], whole[length..]);
    }

    public byte[] ToArray() => [.. head, .. payload];

    public void ReadPayload(long offset, Span<byte> destination) =>
        payload.AsSpan(checked((int)offset), destination.Length).CopyTo(destination);
}
