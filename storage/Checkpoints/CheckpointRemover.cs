using FishCheckpoint.Storage.Frames;
using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Checkpoints;

/// <summary>
/// Deletes checkpoints in the caller's transaction. One that others are laid against only disappears from view; it goes when the last of them does.
/// </summary>
internal static class CheckpointRemover
{
    public static void Remove(SqliteConnection connection, CheckpointRow row)
    {
        Hide(connection, row);
        Collect(connection, row.Id);
    }

    /// <summary>Takes a checkpoint with its tags and trainer state out of view, and leaves what is based on it: <see cref="Collect"/> removes it.</summary>
    public static void Hide(SqliteConnection connection, CheckpointRow row)
    {
        connection.Execute("DELETE FROM tags WHERE checkpoint = $0", row.Id);

        // A mask is accounted to a visible checkpoint, as long as there is one that reads it.
        var accounts = row.IsBlocks || !MaskAccounts.HandOver(connection, row, toHidden: false);
        connection.Execute(
            "UPDATE checkpoints SET deleted = 1, brought_bytes = $1, trainer_frame = NULL, trainer_bytes = 0 WHERE id = $0", row.Id, accounts ? row.BroughtBytes : 0);
        if (row.TrainerFrame is { } frame)
        {
            FrameTable.Delete(connection, frame);
        }
    }

    /// <summary>
    /// Removes a deleted checkpoint that nothing is laid against or guessed from and no task starts from, and then what it was itself, if that was waiting for it.
    /// </summary>
    /// <returns>Bytes of the frames that went.</returns>
    public static long Collect(SqliteConnection connection, long checkpoint)
    {
        var freed = 0L;
        var waiting = new Stack<long>([checkpoint]);
        while (waiting.TryPop(out var id))
        {
            var row = connection.Single(
                $"SELECT {CheckpointRow.Columns} FROM {CheckpointRow.From} WHERE c.id = $0 AND c.deleted = 1 "
                + "AND NOT EXISTS (SELECT 1 FROM checkpoints child WHERE child.parent = c.id OR child.reference = c.id) "
                + "AND NOT EXISTS (SELECT 1 FROM tasks WHERE origin = c.id)", CheckpointRow.Read, id);
            if (row is null)
            {
                continue;
            }

            connection.Execute("DELETE FROM checkpoints WHERE id = $0", row.Id);
            FrameTable.Delete(connection, row.Frame);
            MaskAccounts.HandOver(connection, row);
            freed += row.FrameBytes + MaskAccounts.Drop(connection, row.Mask);
            connection.Execute(
                "DELETE FROM headers WHERE id = $0 AND NOT EXISTS (SELECT 1 FROM checkpoints WHERE headers = $0)", row.Headers);
            foreach (var needed in new[] { row.Parent, row.Reference }.OfType<long>())
            {
                waiting.Push(needed);
            }
        }

        return freed;
    }
}
