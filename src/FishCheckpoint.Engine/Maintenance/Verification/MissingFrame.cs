using FishCheckpoint.Codec;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>Represents a frame that cannot be opened, among others that are verified together with it.</summary>
internal sealed class MissingFrame(Exception error) : IFrame
{
    public ReadOnlyMemory<byte> Head => throw Refused();

    public long PayloadLength => throw Refused();

    public void ReadPayload(long offset, Span<byte> destination) => throw Refused();

    private Exception Refused() => error is FishException ? error
        : new FishException(ErrorCode.CorruptStore, "frame", error.Message, "Repair the store, or restore from a backup.", error);
}
