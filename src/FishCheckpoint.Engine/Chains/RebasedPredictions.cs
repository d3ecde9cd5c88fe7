using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Chains;

/// <summary>
/// The values of checkpoints that were encoded again, without reading one that they were predicted from. Not yet in the catalog.
/// </summary>
/// <param name="rowHead">The head of the frame of that one, as it was found: it changes with what that one is predicted from, which the new
/// frames count on.</param>
/// <param name="frames">Those frames; none where nothing was predicted from it.</param>
internal sealed class RebasedPredictions(ReadOnlyMemory<byte> rowHead, IReadOnlyList<RebasedPrediction> frames) : IDisposable
{
    public ReadOnlyMemory<byte> RowHead { get; } = rowHead;

    public IReadOnlyList<RebasedPrediction> Frames { get; } = frames;

    /// <summary>The frames that take the place of stored ones.</summary>
    public IEnumerable<NewFrame> NewFrames => Frames.Select(frame => frame.Values);

    /// <summary>Bytes that the store grows by.</summary>
    public long Growth => Frames.Sum(frame => frame.Growth);

    public void Dispose()
    {
        foreach (var frame in Frames)
        {
            frame.Delta.Dispose();
        }
    }
}

/// <summary>The values of one of them.</summary>
/// <param name="Row">The checkpoint as it was found.</param>
/// <param name="OldHead">The head of its frame then.</param>
/// <param name="Delta">Its new frames; the mask's is the stored one.</param>
/// <param name="Values">The new values, of <paramref name="Delta"/>.</param>
/// <param name="Reference">What they are predicted from now; <see langword="null"/> for nothing.</param>
/// <param name="Effort">The effort that they were encoded with.</param>
internal sealed record RebasedPrediction(
    CheckpointRow Row, ReadOnlyMemory<byte> OldHead, EncodedDelta Delta, NewFrame Values, long? Reference,
    CodecEffort Effort)
{
    /// <summary>Bytes that the frame grows by.</summary>
    public long Growth => Values.Bytes - Row.ValueBytes;
}
