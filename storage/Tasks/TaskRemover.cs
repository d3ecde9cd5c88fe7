using FishCheckpoint.Storage.Checkpoints;
using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Tasks;

/// <summary>Deletes a task whose checkpoints are removed from view, in the caller's transaction.</summary>
internal static class TaskRemover
{
    /// <summary>Deletes the task's row. What of it branches are laid on goes to them: they are of the same base and own tensors.</summary>
    /// <returns>Rows that were deleted.</returns>
    public static int Remove(SqliteConnection connection, TaskContext task)
    {
        connection.Execute("UPDATE tasks SET origin = NULL WHERE id = $0", task.Id);
        if (task.Origin is { } origin)
        {
            CheckpointRemover.Collect(connection, origin);
        }

        while (HandOver(connection, task.Id) > 0)
        {
        }

        return connection.Execute("DELETE FROM tasks WHERE id = $0", task.Id);
    }

    // To a task whose checkpoints are laid on it or guessed from it, or that starts from it: from the branches down to the root of what is left.
    private static int HandOver(SqliteConnection connection, long task) => connection.Execute(
        """
        UPDATE checkpoints SET task = heir FROM (
          SELECT c.id AS given, coalesce(
            (SELECT child.task FROM checkpoints child WHERE child.parent = c.id AND child.task <> $0 LIMIT 1),
            (SELECT child.task FROM checkpoints child WHERE child.reference = c.id AND child.task <> $0 LIMIT 1),
            (SELECT t.id FROM tasks t WHERE t.origin = c.id AND t.id <> $0 LIMIT 1)) AS heir
          FROM checkpoints c WHERE c.task = $0)
        WHERE id = given AND heir IS NOT NULL
        """,
        task);
}
