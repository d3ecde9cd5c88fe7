using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Maintenance.Recoding;

/// <summary>A frame that was encoded again and is not yet in the catalog. Owns its storage.</summary>
/// <param name="old">The stored frame.</param>
/// <param name="made">The new frame.</param>
/// <param name="owner">Disposed with this object.</param>
internal sealed class RecodedFrame(IFrame old, IFrame made, IDisposable owner) : IDisposable
{
    /// <summary>The stored frame's head. It contains the checksum of every chunk, so it identifies the frame.</summary>
    public ReadOnlyMemory<byte> OldHead { get; } = old.Head;

    public IFrame Frame { get; } = made;

    /// <summary>The replacement; set if it is smaller.</summary>
    public NewFrame? Smaller { get; set; }

    /// <summary>Bytes of the positions in a frame of blocks.</summary>
    public long PositionBytes { get; init; }

    public bool IsSmaller { get; } = NewFrame.BytesOf(made) < NewFrame.BytesOf(old);

    public void Dispose() => owner.Dispose();
}
