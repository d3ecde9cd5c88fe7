using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Chains;

/// <summary>
/// Frees a checkpoint from the checkpoints that are predicted from it: encodes them again, predicted from its own reference or from
/// nothing. Their contents, ids and digests stay the same.
/// </summary>
/// <remarks>
/// A prediction uses the last values and those before them, so two generations are encoded again. Later ones read the same values as
/// before.
/// </remarks>
internal static class PredictionRebaser
{
    /// <summary>Encodes the dependent checkpoints again and reads the result back.</summary>
    /// <param name="view">A snapshot.</param>
    /// <param name="context">The context of the work.</param>
    /// <param name="row">The checkpoint to free.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The frames for <see cref="Replace"/>. The caller disposes them.</returns>
    /// <exception cref="FishException">A frame that it reads is damaged.</exception>
    public static RebasedPredictions Prepare(ICatalogView view, RecodeContext context, CheckpointRow row,
        CancellationToken cancellationToken)
    {
        var made = new List<RebasedPrediction>();
        try
        {
            var earlier = view.Checkpoints.ReferenceOf(row) is [.., var nearest] ? nearest : null;
            foreach (var reader in view.Checkpoints.PredictedFrom(row.Id))
            {
                var task = context.Tasks.ContextOf(view, reader.TaskId);
                var mask = view.Frames.Open(reader.MaskFrame!.Value);
                var prediction = earlier is null ? Prediction.None : Prediction.From(view, task, earlier, row.Mask, mask, context.Earlier);
                made.Add(Encode(view, context, task, reader, prediction.Values, prediction.Frames, earlier?.Id, cancellationToken));
                foreach (var next in view.Checkpoints.PredictedFrom(reader.Id))
                {
                    var last = ValuesOf(view, task, reader);
                    made.Add(Encode(
                        view, context, task, next, new EarlierValues(last, prediction.Values?.Last),
                        [.. prediction.Frames, made.Last(frame => frame.Row.Id == reader.Id).Delta.Values], reader.Id, cancellationToken));
                }
            }

            return new RebasedPredictions(view.Frames.Open(row.Frame).Head, made);
        }
        catch
        {
            made.ForEach(frame => frame.Delta.Dispose());
            throw;
        }
    }

    /// <summary>
    /// Replaces the frames in the caller's transaction. Writes nothing if one of the checkpoints was deleted or changed meanwhile, or a new
    /// one is predicted from the freed checkpoint; the caller must then roll back if this returns <see langword="false"/>.
    /// </summary>
    /// <param name="writer">The transaction's.</param>
    /// <param name="row">The checkpoint to free.</param>
    /// <param name="frames">The result of <see cref="Prepare"/>.</param>
    public static bool Replace(ICatalogWriter writer, CheckpointRow row, RebasedPredictions frames)
    {
        if (!AreCurrent(writer, row, frames))
        {
            return false;
        }

        foreach (var frame in frames.Frames)
        {
            writer.Frames.Replace(frame.Row.Frame, frame.Values);
            writer.Checkpoints.SetReference(frame.Row.Id, frame.Growth, frame.Reference, frame.Effort);
            writer.Checkpoints.GrowChains(frame.Row.Id, frame.Growth);
        }

        var bytes = writer.Checkpoints.ValueBytesOf(row.Id);
        foreach (var first in frames.Frames.Where(frame => frame.Row.Reference == row.Id))
        {
            writer.Checkpoints.ShortenReferences(first.Row.Id, bytes);
        }

        return true;
    }

    /// <summary>Whether the frames still match the stored ones, and no new checkpoint is predicted from the freed one.</summary>
    public static bool AreCurrent(ICatalogView view, CheckpointRow row, RebasedPredictions frames) =>
        IsCurrent(view, row, frames.RowHead)
        && frames.Frames.All(frame => IsCurrent(view, frame.Row, frame.OldHead))
        && view.Checkpoints.CountPredictedFrom(row.Id) == frames.Frames.Count(frame => frame.Row.Reference == row.Id)
        && frames.Frames.Where(frame => frame.Row.Reference == row.Id).All(frame =>
            view.Checkpoints.CountPredictedFrom(frame.Row.Id)
            == frames.Frames.Count(next => next.Row.Reference == frame.Row.Id));

    /// <summary>
    /// Whether a checkpoint still has the same frame and parent. Another one may have its number by now, so the state and the head of the
    /// frame are compared.
    /// </summary>
    public static bool IsCurrent(ICatalogView view, CheckpointRow row, ReadOnlyMemory<byte> oldHead) =>
        view.Checkpoints.HeadOnParent(row) is { } head && oldHead.Span.SequenceEqual(head);

    private static RebasedPrediction Encode(
        ICatalogView view, RecodeContext context, TaskContext task, CheckpointRow row, EarlierValues? earlier,
        IReadOnlyList<IFrame> before, long? reference,
        CancellationToken cancellationToken)
    {
        var (frames, layout) = (StoredFrames.Open(view, row), task.Layout.Layout);
        var head = CheckpointVerifier.RequireOwn(row.Label, row, frames);
        using var stored = new DeltaDecoder(frames.Mask!, frames.Values, layout, null);
        var encoded = DeltaEncoder.EncodeOn(
            frames.Mask!, stored, null, head.Digests[2], context.Codec, context.TemporaryFolder, earlier, cancellationToken);
        try
        {
            using var made = new DeltaDecoder(frames.Mask!, [.. before, encoded.Values], layout, null);
            for (var chunk = new DeltaChunk(); made.Read(chunk);)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            return new RebasedPrediction(
                row, frames.Values[^1].Head, encoded,
                new NewFrame(encoded.Values, ChunkIndex.ReadValues(
                    encoded.Values, encoded.ValuesHead, encoded.MaskHead!, ChunkIndex.ReadMask(frames.Mask!, encoded.MaskHead!, layout))),
                reference,
                context.Codec.EffortOf(onAMask: true));
        }
        catch
        {
            encoded.Dispose();
            throw;
        }
    }

    private static byte[] ValuesOf(ICatalogView view, TaskContext task, CheckpointRow row)
    {
        var frames = StoredFrames.Open(view, row);
        return Prediction.Decode(frames.Values, frames.Mask!, task);
    }
}
