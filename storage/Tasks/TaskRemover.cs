using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Checkpoints;
using FishCheckpoint.Storage.Deletion;
using FishCheckpoint.Storage.Totals;

namespace FishCheckpoint.Storage.Tasks;

/// <summary>Deletes tasks with their checkpoints, in the caller's transaction.</summary>
internal static class TaskRemover
{
    /// <summary>Takes a task and its checkpoints out of view; they go when the grace is over.</summary>
    /// <param name="connection">A transaction.</param>
    /// <param name="task">The task's row.</param>
    /// <param name="grace">How long it stays recoverable.</param>
    public static void Remove(CatalogConnection connection, long task, Grace grace)
    {
        TaskCheckpoints.Hide(connection, task, grace);

        // A name that no task can have: the one that it had is free.
        connection.Execute(
            "UPDATE tasks SET former_name = name, name = '~' || id, deleted_at = $1, expires = $2 WHERE id = $0", task, grace.Now, grace.Expires);
        TotalsKeeper.Forget(connection, task);
        if (grace.IsNone)
        {
            foreach (var (id, frame) in connection.Query(
                "SELECT id, trainer_frame FROM checkpoints WHERE task = $0 AND expires IS NOT NULL", row => (row.GetInt64(0), row.OptionalLong(1)), task))
            {
                CheckpointRemover.EndGrace(connection, id, frame);
            }

            EndGrace(connection, task);
        }
    }

    /// <summary>Deletes the row of a deleted task, none of whose checkpoints is in its grace. What branches are based on goes to them: they are of the same base and
    /// own tensors.</summary>
    public static void EndGrace(CatalogConnection connection, long task)
    {
        var origin = connection.Scalar<long?>("SELECT origin FROM tasks WHERE id = $0", task);
        connection.Execute("UPDATE tasks SET origin = NULL WHERE id = $0", task);
        if (origin is { } start)
        {
            CheckpointRemover.Collect(connection, start);
        }

        while (HandOver(connection, task) > 0)
        {
        }

        connection.Execute("DELETE FROM tasks WHERE id = $0", task);
    }

    // To a task whose checkpoints are laid on it or guessed from it, or that starts from it: from the branches down to the root of what is left.
    private static int HandOver(CatalogConnection connection, long task) => connection.Execute(
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
