using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Chains;

/// <summary>
/// Lays a stored checkpoint anew on another state: the same bits, the same identity and ETags. What is based on it stays as it is, for its
/// frames count on the bits of its parent alone. Work in two steps: <see cref="Prepare"/> reads and encodes in a snapshot, where it holds
/// up nobody; <see cref="Replace"/> copies bytes in a transaction.
/// </summary>
internal static class Rebaser
{
    /// <summary>Reads a checkpoint, encodes it against another state, and reads that back.</summary>
    /// <param name="view">A snapshot.</param>
    /// <param name="means">What encoding takes.</param>
    /// <param name="row">The checkpoint, hidden or not.</param>
    /// <param name="onto">
    /// What it is to be based on, hidden or not: one of its chain, or any other of its layout that is not based on it;
    /// <see langword="null"/> for the base.
    /// </param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns>The frames; the caller disposes them.</returns>
    /// <exception cref="FishException">Something that is read for it is damaged, or what was made of it does not give the same
    /// state.</exception>
    /// <exception cref="ArgumentException"><paramref name="onto"/> is based on the checkpoint, or has another layout.</exception>
    /// <remarks>
    /// Reads the blocks that the deltas touch which the two chains do not share, and of each frame the checksums and the head; where the
    /// digest of the full file is known, the file is compared with it too.
    /// </remarks>
    public static RebasedCheckpoint Prepare(
        ICatalogView view, RecodeContext means, CheckpointRow row, CheckpointRow? onto, CancellationToken cancellation)
    {
        var context = means.Tasks.ContextOf(view, row.TaskId);
        using var old = OpenedState.Open(view, means.Bases, context, row);
        using var target = OpenedState.Open(view, means.Bases, context, onto);
        if (target.Chain.Any(link => link.Id == row.Id)
            || (onto is not null && means.Tasks.ContextOf(view, onto.TaskId).BaseState != context.BaseState))
        {
            throw new ArgumentException($"{row.Label} cannot be laid on {onto!.Label}.", nameof(onto));
        }

        var diff = new ChainDiff(target, old);
        var head = RequireOwn(view, old, diff.Shared, cancellation);
        var encoding = new RebaseEncoding(view, means, context, target, laid => diff.Open(laid, []), cancellation);
        var (encoded, plain) = encoding.Encode();
        try
        {
            var chunks = encoding.ReadBack(encoded);
            RequireFile(view, old, target, encoded, cancellation);
            return new RebasedCheckpoint(row, head, onto, encoded, PredictionRebaser.Prepare(view, means, row, cancellation))
            {
                Values = new NewFrame(encoded.Values, chunks),
                Proof = StateIdentity.OfDelta(target.Identity, encoded.MaskId, encoded.ValuesDigest),
                MayBePredictedFrom = plain,
                Effort = means.Codec.EffortOf(onAMask: !encoded.IsBlocks),
            };
        }
        catch
        {
            encoded.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Puts the frames in place and removes the old parent if it was only waiting for that; in the caller's transaction. Nothing is written
    /// where anything has changed since: the checkpoint or one that is predicted from it was deleted, mended, recoded or rebased, the new
    /// parent is gone, or another is predicted from the checkpoint.
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
        writer.Masks.HandOver(before);
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
        var brought = delta.IsBlocks ? delta.PositionBytes : writer.Masks.TakeOver(delta.MaskId, visible);
        var values = rebased.Bytes - (delta.IsBlocks ? brought : 0);
        if (delta.IsBlocks)
        {
            writer.Masks.InsertWithoutFrame(delta.MaskId, delta.Changed);
        }

        writer.Checkpoints.Rebase(id, new RebasedFrame(
            onto?.Id, delta.MaskId, delta.IsBlocks, delta.Changed, brought, values, rebased.Proof == before.State ? null : rebased.Proof,
            rebased.MayBePredictedFrom, rebased.Effort));
        var mask = delta.IsBlocks ? 0 : writer.Masks.BytesOf(delta.MaskId);
        var chain = (onto?.ChainBytes ?? 0) + rebased.Bytes + mask;
        writer.Checkpoints.ShiftChains(id, chain - before.ChainBytes, (onto?.Depth ?? 0) + 1 - before.Depth);
    }

    private static bool HasMask(ICatalogView view, EncodedDelta delta) => delta.IsBlocks
        || (view.Masks.HeadOf(delta.MaskId) is { } head && delta.Mask!.Head.Span.SequenceEqual(head));

    // Each frame that is given up, or read for that, is the one that was saved; the checkpoint's own is read to its digests.
    private static ReadOnlyMemory<byte> RequireOwn(ICatalogView view, OpenedState old, int shared, CancellationToken cancellation)
    {
        StoredFrames? frames = null;
        foreach (var link in old.Chain.Skip(shared))
        {
            CheckpointVerifier.RequireOwn(link.Label, link, frames = StoredFrames.Open(view, link));
        }

        frames ??= StoredFrames.Open(view, old.Checkpoint!);
        using var own = new StoredDeltaReader(frames, old.Reader.Layout, old.UpTo(old.Checkpoint!));
        own.ReadToEnd(cancellation);
        return frames.Values[^1].Head;
    }

    private static void RequireFile(
        ICatalogView view, OpenedState old, OpenedState target, EncodedDelta encoded, CancellationToken cancellation)
    {
        var (row, output) = (old.Checkpoint!, view.OutputOf(old.Task, old.Checkpoint!));
        if (row.FileDigest is not { } expected || output.Files.Count != 1)
        {
            return;
        }

        var state = target.Reader.With(DeltaCursor.Open(encoded.Mask, [encoded.Values], old.Reader.Layout, row.Label));
        if (CheckpointVerifier.HashFile(state, new RestorePlan(old.Task.Layout, output, []), 0, cancellation) != expected)
        {
            throw new FishException(
                ErrorCode.CorruptCheckpoint, row.Label, "The restored file does not have the digest that it was saved with.",
                "Restore from a backup.");
        }
    }
}
