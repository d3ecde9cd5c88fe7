using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Chains;

/// <summary>
/// Rebases a stored checkpoint onto another parent with the same bits, id and ETags. Its descendants stay as they are: their frames depend
/// only on the bits of their parent. <see cref="Prepare"/> reads and encodes in a snapshot and blocks nobody; <see cref="Replace"/> copies
/// the bytes in a transaction.
/// </summary>
internal static class Rebaser
{
    /// <summary>Reads a checkpoint, encodes it against another parent, and reads the result back.</summary>
    /// <param name="view">A snapshot.</param>
    /// <param name="context">The context of the work.</param>
    /// <param name="row">The checkpoint; it may be a tombstone.</param>
    /// <param name="onto">The new parent, possibly a tombstone: an ancestor, or another state of the layout that is no descendant;
    /// <see langword="null"/> for the base.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The frames. The caller disposes them.</returns>
    /// <exception cref="FishException">A frame or file that it reads is damaged, or the result does not give the same state.</exception>
    /// <exception cref="ArgumentException"><paramref name="onto"/> descends from the checkpoint, or has another layout.</exception>
    /// <remarks>
    /// Reads the touched blocks that the two chains do not share, and the head and checksums of each frame. Also compares the full file if
    /// its digest is known.
    /// </remarks>
    public static RebasedCheckpoint Prepare(
        ICatalogView view, RecodeContext context, CheckpointRow row, CheckpointRow? onto, CancellationToken cancellationToken)
    {
        var task = context.Tasks.ContextOf(view, row.TaskId);
        using var old = OpenedState.Open(view, context.Bases, task, row);
        using var target = OpenedState.Open(view, context.Bases, task, onto);
        if (target.Chain.Any(link => link.Id == row.Id)
            || (onto is not null && context.Tasks.ContextOf(view, onto.TaskId).BaseState != task.BaseState))
        {
            throw new ArgumentException($"{row.Label} cannot be based on {onto!.Label}.", nameof(onto));
        }

        var diff = new ChainDiff(target, old);
        var head = RequireOwn(view, old, diff.Shared, cancellationToken);
        var encoding = new RebaseEncoding(view, context, task, target, deltas => diff.Open(deltas, []), cancellationToken);
        var (encoded, plain) = encoding.Encode();
        try
        {
            var chunks = encoding.ReadBack(encoded);
            RequireFile(view, old, target, encoded, cancellationToken);
            return new RebasedCheckpoint(row, head, onto, encoded, PredictionRebaser.Prepare(view, context, row, cancellationToken))
            {
                Values = new NewFrame(encoded.Values, chunks),
                Proof = StateIdentity.OfDelta(target.Identity, encoded.MaskId, encoded.ValuesDigest),
                MayBePredictedFrom = plain,
                Effort = context.Codec.EffortOf(onAMask: !encoded.IsBlocks),
            };
        }
        catch
        {
            encoded.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Replaces the frames in the caller's transaction, and removes the old parent if nothing else needs it. Writes nothing if the
    /// checkpoint, its new parent or a checkpoint predicted from it was deleted or changed meanwhile.
    /// </summary>
    /// <returns>Whether it was written.</returns>
    public static bool Replace(ICatalogWriter writer, RebasedCheckpoint rebased)
    {
        var row = rebased.Row;
        var onto = rebased.Onto is { } found ? writer.Checkpoints.Row(found.Id) : null;
        if (!PredictionRebaser.IsCurrent(writer, row, rebased.OldHead) || onto?.State != rebased.Onto?.State
            || (onto is not null && writer.Checkpoints.Chain(onto).Any(link => link.Id == row.Id))
            || !HasMask(writer, rebased.Delta) || !PredictionRebaser.Replace(writer, row, rebased.Readers))
        {
            return false;
        }

        var before = writer.Checkpoints.Row(row.Id)!;
        var visible = !writer.Checkpoints.IsDeleted(row.Id);
        writer.Masks.ReassignBytes(before);
        writer.Frames.Replace(row.Frame, rebased.Values);
        Write(writer, rebased, before, onto, visible);
        rebased.Freed = writer.Masks.Drop(before.Mask);
        foreach (var needed in new[] { before.Parent, before.Reference }.OfType<long>())
        {
            rebased.Freed += CheckpointRemover.Collect(writer, needed);
        }

        return true;
    }

    private static void Write(ICatalogWriter writer, RebasedCheckpoint rebased, CheckpointRow before, CheckpointRow? onto, bool visible)
    {
        var (delta, id) = (rebased.Delta, before.Id);
        writer.Checkpoints.ReleaseMask(id);
        var positionBytes = delta.IsBlocks ? delta.PositionBytes : writer.Masks.ClaimBytes(delta.MaskId, visible);
        var values = rebased.Bytes - (delta.IsBlocks ? positionBytes : 0);
        if (delta.IsBlocks)
        {
            writer.Masks.InsertWithoutFrame(delta.MaskId, delta.Changed);
        }

        writer.Checkpoints.Rebase(id, new RebasedFrame(
            onto?.Id, delta.MaskId, delta.IsBlocks, delta.Changed, positionBytes, values, rebased.Proof == before.State ? null
                : rebased.Proof,
            rebased.MayBePredictedFrom, rebased.Effort));
        var mask = delta.IsBlocks ? 0 : writer.Masks.BytesOf(delta.MaskId);
        var chain = (onto?.ChainBytes ?? 0) + rebased.Bytes + mask;
        writer.Checkpoints.ShiftChains(id, chain - before.ChainBytes, (onto?.Depth ?? 0) + 1 - before.Depth);
    }

    private static bool HasMask(ICatalogView view, EncodedDelta delta) => delta.IsBlocks
        || (view.Masks.HeadOf(delta.MaskId) is { } head && delta.Mask!.Head.Span.SequenceEqual(head));

    // Verifies that each replaced or used frame is the saved one, and reads the checkpoint's own frame to its digests.
    private static ReadOnlyMemory<byte> RequireOwn(ICatalogView view, OpenedState old, int shared, CancellationToken cancellationToken)
    {
        StoredFrames? frames = null;
        foreach (var link in old.Chain.Skip(shared))
        {
            CheckpointVerifier.RequireOwn(link.Label, link, frames = StoredFrames.Open(view, link));
        }

        frames ??= StoredFrames.Open(view, old.Checkpoint!);
        using var own = new StoredDeltaReader(frames, old.Reader.Layout, old.UpTo(old.Checkpoint!));
        own.ReadToEnd(cancellationToken);
        return frames.Values[^1].Head;
    }

    private static void RequireFile(
        ICatalogView view, OpenedState old, OpenedState target, EncodedDelta encoded, CancellationToken cancellationToken)
    {
        var (row, output) = (old.Checkpoint!, view.OutputOf(old.Task, old.Checkpoint!));
        if (row.FileDigest is not { } expected || output.Files.Count != 1)
        {
            return;
        }

        var state = target.Reader.With(DeltaCursor.Open(encoded.Mask, [encoded.Values], old.Reader.Layout, row.Label));
        if (CheckpointVerifier.HashFile(state, new RestorePlan(old.Task.Layout, output, []), 0, cancellationToken) != expected)
        {
            throw new FishException(
                ErrorCode.CorruptCheckpoint, row.Label, "The digest of the restored file differs from the saved one.",
                "Restore from a backup.");
        }
    }
}
