using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Chains;

/// <summary>
/// Deletes checkpoints in the caller's transaction. One that is in its grace, or that others are based on, only disappears from view; it
/// goes when the grace is over and the last of the others is gone.
/// </summary>
internal static class CheckpointRemover
{
    /// <summary>Deletes a checkpoint.</summary>
    /// <param name="writer">A transaction.</param>
    /// <param name="row">The checkpoint as it is in this transaction.</param>
    /// <param name="grace">How long it stays recoverable.</param>
    public static void Remove(ICatalogWriter writer, CheckpointRow row, Grace grace)
    {
        Hide(writer, row, grace);
        Collect(writer, row.Id);
    }

    /// <summary>
    /// Takes a checkpoint with its tags out of view, without a grace its trainer state too; <see cref="Collect"/> then removes it and its
    /// side files.
    /// </summary>
    public static void Hide(ICatalogWriter writer, CheckpointRow row, Grace grace)
    {
        var tags = writer.Tags.Take(row.Id);

        // A mask is accounted to a visible checkpoint, as long as there is one that reads it.
        var accounts = row.IsBlocks || !writer.Masks.HandOver(row, toHidden: false);
        writer.Grace.Hide(row.Id, accounts ? row.BroughtBytes : 0, grace.Now, grace.Expires,
            tags.Count == 0 ? null : JsonSerializer.Serialize(tags, FishJson.Options));
        writer.SideFiles.HandOver(row.Id);
        if (grace.IsNone)
        {
            Forget(writer, row.Id, row.TrainerFrame);
        }
    }

    /// <summary>Ends the grace of a deleted checkpoint: it cannot be brought back, and goes unless others need it.</summary>
    public static void EndGrace(ICatalogWriter writer, long checkpoint, long? trainerFrame)
    {
        Forget(writer, checkpoint, trainerFrame);
        Collect(writer, checkpoint);
    }

    // What only coming back would need.
    private static void Forget(ICatalogWriter writer, long checkpoint, long? trainerFrame)
    {
        writer.Grace.Forget(checkpoint);
        if (trainerFrame is { } frame)
        {
            writer.Frames.Delete(frame);
        }
    }

    /// <summary>
    /// Removes a deleted checkpoint whose grace is over, that nothing is based on or predicted from and no task starts from, and then what
    /// it was itself, if that was waiting for it.
    /// </summary>
    /// <returns>Bytes of the frames that went.</returns>
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
            writer.Masks.HandOver(row);
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
