using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Storage.Catalog;

namespace FishCheckpoint.Storage.Checkpoints;

/// <summary>
/// Deletes checkpoints in the caller's transaction. One that is in its grace, or that others are laid against, only disappears from view; it goes when the grace is over
/// and the last of the others is gone.
/// </summary>
internal static class CheckpointRemover
{
    /// <summary>Deletes a checkpoint.</summary>
    /// <param name="connection">A transaction.</param>
    /// <param name="row">The checkpoint as it is in this transaction.</param>
    /// <param name="grace">How long it stays recoverable.</param>
    public static void Remove(CatalogConnection connection, CheckpointRow row, Grace grace)
    {
        Hide(connection, row, grace);
        Collect(connection, row.Id);
    }

    /// <summary>Takes a checkpoint with its tags out of view, without a grace its trainer state too; <see cref="Collect"/> then removes it and its side files.</summary>
    public static void Hide(CatalogConnection connection, CheckpointRow row, Grace grace)
    {
        var tags = TagTable.Take(connection, row.Id);

        // A mask is accounted to a visible checkpoint, as long as there is one that reads it.
        var accounts = row.IsBlocks || !MaskAccounts.HandOver(connection, row, toHidden: false);
        GraceTable.Hide(
            connection, row.Id, accounts ? row.BroughtBytes : 0, grace.Now, grace.Expires,
            tags.Count == 0 ? null : JsonSerializer.Serialize(tags, FishJson.Options));
        SideFileTable.HandOver(connection, row.Id);
        if (grace.IsNone)
        {
            Forget(connection, row.Id, row.TrainerFrame);
        }
    }

    /// <summary>Ends the grace of a deleted checkpoint: it cannot be brought back, and goes unless others need it.</summary>
    public static void EndGrace(CatalogConnection connection, long checkpoint, long? trainerFrame)
    {
        Forget(connection, checkpoint, trainerFrame);
        Collect(connection, checkpoint);
    }

    // What only coming back would need.
    private static void Forget(CatalogConnection connection, long checkpoint, long? trainerFrame)
    {
        GraceTable.Forget(connection, checkpoint);
        if (trainerFrame is { } frame)
        {
            FrameTable.Delete(connection, frame);
        }
    }

    /// <summary>
    /// Removes a deleted checkpoint whose grace is over, that nothing is based on or predicted from and no task starts from, and then what it was itself, if that was
    /// waiting for it.
    /// </summary>
    /// <returns>Bytes of the frames that went.</returns>
    public static long Collect(CatalogConnection connection, long checkpoint)
    {
        var freed = SideFileTable.Release(connection, checkpoint);
        var waiting = new Stack<long>([checkpoint]);
        while (waiting.TryPop(out var id))
        {
            if (CheckpointTable.Unneeded(connection, id) is not { } row)
            {
                continue;
            }

            CheckpointUpdates.Delete(connection, row.Id);
            FrameTable.Delete(connection, row.Frame);
            MaskAccounts.HandOver(connection, row);
            freed += row.FrameBytes + MaskAccounts.Drop(connection, row.Mask);
            HeaderTable.DeleteUnused(connection, row.Headers);
            foreach (var needed in new[] { row.Parent, row.Reference }.OfType<long>())
            {
                waiting.Push(needed);
            }
        }

        return freed;
    }
}
