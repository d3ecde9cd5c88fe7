using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Chains;

/// <summary>Values that were encoded again without a checkpoint that they were predicted from, not yet in the catalog.</summary>
/// <param name="rowHead">The head of that checkpoint's frame before the rebase. It changes with the checkpoint's reference, which the new
/// frames depend on.</param>
/// <param name="frames">The new frames; empty if no values were predicted from it.</param>
internal sealed class RebasedPredictions(ReadOnlyMemory<byte> rowHead, IReadOnlyList<RebasedPrediction> frames) : IDisposable
{
    public ReadOnlyMemory<byte> RowHead { get; } = rowHead;

    public IReadOnlyList<RebasedPrediction> Frames { get; } = frames;

    /// <summary>The frames that replace stored ones.</summary>
    public IEnumerable<NewFrame> NewFrames => Frames.Select(frame => frame.Values);

    /// <summary>Bytes added to the store.</summary>
    public long Growth => Frames.Sum(frame => frame.Growth);

    public void Dispose()
    {
        foreach (var frame in Frames)
        {
            frame.Delta.Dispose();
        }
    }
}

/// <summary>New values of one checkpoint.</summary>
/// <param name="Row">The checkpoint before the rebase.</param>
/// <param name="OldHead">The head of its frame before the rebase.</param>
/// <param name="Delta">Its new frames; the mask is the stored one.</param>
/// <param name="Values">The new values, from <paramref name="Delta"/>.</param>
/// <param name="Reference">Their new reference; <see langword="null"/> for none.</param>
/// <param name="Effort">The effort of the encoding.</param>
internal sealed record RebasedPrediction(
    CheckpointRow Row, ReadOnlyMemory<byte> OldHead, EncodedDelta Delta, NewFrame Values, long? Reference, CodecEffort Effort)
{
    /// <summary>Bytes added to the frame.</summary>
    public long Growth => Values.Bytes - Row.ValueBytes;
}
