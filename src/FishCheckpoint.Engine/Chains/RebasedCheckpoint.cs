using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Chains;

/// <summary>A checkpoint that was encoded against another state, not yet in the catalog. Owns what it lies in.</summary>
/// <param name="row">The checkpoint as it was found.</param>
/// <param name="oldHead">The head of its frame then: with the checksum of every chunk, so that another frame in its place does not have
/// it.</param>
/// <param name="onto">What it is based on now; <see langword="null"/> for the base.</param>
/// <param name="delta">Its new frames.</param>
/// <param name="readers">Those that were predicted from its values, encoded again without it.</param>
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

    /// <summary>The frames that take the place of stored ones.</summary>
    public IEnumerable<NewFrame> NewFrames => [Values, .. Readers.NewFrames];

    /// <summary>What the new frames prove.</summary>
    public required Digest Proof { get; init; }

    /// <summary>Whether others may be predicted from the new values: whether they need no parent.</summary>
    public required bool MayBePredictedFrom { get; init; }

    /// <summary>The effort that it was encoded with.</summary>
    public required CodecEffort Effort { get; init; }

    /// <summary>Bytes of the new frame. A mask's is stored already.</summary>
    public long Bytes => Values.Bytes;

    /// <summary>Bytes of the frames that went with the old parent; set when this was put in place.</summary>
    public long Freed { get; set; }

    /// <summary>Bytes that the store grows by, those that go with the old parent aside; negative where it shrinks.</summary>
    public long Growth => Bytes - Row.FrameBytes + Readers.Growth;

    public void Dispose()
    {
        Delta.Dispose();
        Readers.Dispose();
    }
}
