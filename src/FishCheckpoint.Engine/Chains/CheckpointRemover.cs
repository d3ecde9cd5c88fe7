using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Chains;

/// <summary>
/// Deletes checkpoints in the caller's transaction. A checkpoint in its grace, or with dependents, only becomes invisible; it is removed
/// after its grace, with its last dependent.
/// </summary>
internal static class CheckpointRemover
{
    /// <summary>Deletes a checkpoint.</summary>
    /// <param name="writer">A transaction.</param>
    /// <param name="row">The checkpoint as this transaction sees it.</param>
    /// <param name="grace">How long the deletion can be undone.</param>
    public static void Remove(ICatalogWriter writer, CheckpointRow row, Grace grace)
    {
        MarkDeleted(writer, row, grace);
        Collect(writer, row.Id);
    }

    /// <summary>
    /// Makes a checkpoint and its tags invisible; without a grace it also deletes the trainer state. <see cref="Collect"/> then removes the
    /// checkpoint and its side files.
    /// </summary>
    public static void MarkDeleted(ICatalogWriter writer, CheckpointRow row, Grace grace)
    {
        var tags = writer.Tags.Take(row.Id);

        // A visible checkpoint accounts for a mask as long as one reads it.
        var accounts = row.IsBlocks || !writer.Masks.ReassignBytes(row, toTombstone: false);
        writer.Grace.MarkDeleted(row.Id, accounts ? row.PositionBytes : 0, grace.Now, grace.Expires,
            tags.Count == 0 ? null : JsonSerializer.Serialize(tags, FishJson.Options));
        writer.SideFiles.ReassignBytes(row.Id);
        if (grace.IsNone)
        {
            Forget(writer, row.Id, row.TrainerFrame);
        }
    }

    /// <summary>Ends the grace of a deleted checkpoint: it cannot be restored, and is removed unless it has dependents.</summary>
    public static void EndGrace(ICatalogWriter writer, long checkpoint, long? trainerFrame)
    {
        Forget(writer, checkpoint, trainerFrame);
        Collect(writer, checkpoint);
    }

    // Deletes what only a restore would need.
    private static void Forget(ICatalogWriter writer, long checkpoint, long? trainerFrame)
    {
        writer.Grace.Forget(checkpoint);
        if (trainerFrame is { } frame)
        {
            writer.Frames.Delete(frame);
        }
    }

    /// <summary>
    /// Removes a deleted checkpoint past its grace if no checkpoint or task depends on it, and then its own parents and references of which
    /// the same is true.
    /// </summary>
    /// <returns>Bytes of the deleted frames.</returns>
    public static long Collect(ICatalogWriter writer, long checkpoint)
    {
        var freed = writer.SideFiles.Release(checkpoint);
        var waiting = new Stack<long>([checkpoint]);
        while (waiting.TryPop(out var id))
        {
            if (writer.Checkpoints.Unneeded(id) is not { } row)
            {
                continue;
            }

            writer.Checkpoints.Delete(row.Id);
            writer.Frames.Delete(row.Frame);
            writer.Masks.ReassignBytes(row);
            freed += row.FrameBytes + writer.Masks.Drop(row.Mask);
            writer.Headers.DeleteUnused(row.Headers);
            foreach (var needed in new[] { row.Parent, row.Reference }.OfType<long>())
            {
                waiting.Push(needed);
            }
        }

        return freed;
    }
}
