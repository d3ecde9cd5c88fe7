using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Chains;

/// <summary>A checkpoint that was encoded against another parent and is not yet in the catalog. Owns its frames.</summary>
/// <param name="row">The checkpoint before the rebase.</param>
/// <param name="oldHead">The head of its frame before the rebase. It contains the checksum of every chunk, so it identifies the
/// frame.</param>
/// <param name="onto">The new parent; <see langword="null"/> for the base.</param>
/// <param name="delta">Its new frames.</param>
/// <param name="readers">The checkpoints that were predicted from it, encoded again without it.</param>
internal sealed class RebasedCheckpoint(
    CheckpointRow row, ReadOnlyMemory<byte> oldHead, CheckpointRow? onto, EncodedDelta delta, RebasedPredictions readers) : IDisposable
{
    public CheckpointRow Row { get; } = row;

    public ReadOnlyMemory<byte> OldHead { get; } = oldHead;

    public CheckpointRow? Onto { get; } = onto;

    public EncodedDelta Delta { get; } = delta;

    public RebasedPredictions Readers { get; } = readers;

    /// <summary>The checkpoint's new frame.</summary>
    public required NewFrame Values { get; init; }

    /// <summary>The frames that replace stored ones.</summary>
    public IEnumerable<NewFrame> NewFrames => [Values, .. Readers.NewFrames];

    /// <summary>The digest that the new frames prove.</summary>
    public required Digest Proof { get; init; }

    /// <summary>Whether other values may be predicted from the new ones, because these need no parent.</summary>
    public required bool MayBePredictedFrom { get; init; }

    /// <summary>The effort of the encoding.</summary>
    public required CodecEffort Effort { get; init; }

    /// <summary>Bytes of the new frame; the mask is already stored.</summary>
    public long Bytes => Values.Bytes;

    /// <summary>Bytes of the frames that were removed with the old parent; set by the replacement.</summary>
    public long Freed { get; set; }

    /// <summary>Bytes added to the store, apart from those removed with the old parent; may be negative.</summary>
    public long Growth => Bytes - Row.FrameBytes + Readers.Growth;

    public void Dispose()
    {
        Delta.Dispose();
        Readers.Dispose();
    }
}
