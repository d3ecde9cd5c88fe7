using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Maintenance.Recoding;

/// <summary>A frame that was encoded again, not yet in the catalog. Owns what it lies in.</summary>
/// <param name="old">The stored frame.</param>
/// <param name="made">What came of it.</param>
/// <param name="owner">Disposed with this object.</param>
internal sealed class RecodedFrame(IFrame old, IFrame made, IDisposable owner) : IDisposable
{
    /// <summary>The stored frame's head: with the checksum of every chunk, so that another frame in its place does not have it.</summary>
    public ReadOnlyMemory<byte> OldHead { get; } = old.Head;

    public IFrame Frame { get; } = made;

    /// <summary>The frame that takes the stored one's place; set if it is smaller.</summary>
    public NewFrame? Smaller { get; set; }

    /// <summary>Bytes of it that tell the positions, of a frame of blocks.</summary>
    public long PositionBytes { get; init; }

    public bool IsSmaller { get; } = FrameSize.Of(made) < FrameSize.Of(old);

    public void Dispose() => owner.Dispose();
}
