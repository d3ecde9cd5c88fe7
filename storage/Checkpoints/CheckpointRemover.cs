using FishCheckpoint.Storage.Frames;
using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Checkpoints;

/// <summary>
/// Deletes checkpoints in the caller's transaction. One that others are laid against only disappears from view; it goes when the last of them does.
/// </summary>
internal static class CheckpointRemover
{
    public static void Remove(SqliteConnection connection, long task, long elements, CheckpointRow row)
    {
        connection.Execute("DELETE FROM tags WHERE checkpoint = $0", row.Id);
        connection.Execute(
            """
            UPDATE tasks SET checkpoints = checkpoints - 1, logical_bytes = logical_bytes - $1, elements = elements - $2, changed = changed - $3,
              position_bytes = position_bytes - $4, value_bytes = value_bytes - $5, state_bytes = state_bytes - $6 WHERE id = $0
            """,
            task, row.LogicalBytes, elements, row.Changed, row.BroughtBytes, row.ValueBytes, row.TrainerBytes);
        RemoveTrainerState(connection, row);
        MaskAccounts.HandOver(connection, row);
        connection.Execute("UPDATE checkpoints SET deleted = 1, brought_bytes = blocks * brought_bytes WHERE id = $0", row.Id);
        Collect(connection, row.Id);
    }

    private static void RemoveTrainerState(SqliteConnection connection, CheckpointRow row)
    {
        if (row.TrainerFrame is { } frame)
        {
            connection.Execute("UPDATE checkpoints SET trainer_frame = NULL, trainer_bytes = 0 WHERE id = $0", row.Id);
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
