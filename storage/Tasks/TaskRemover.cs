using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Checkpoints;
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

        TaskRows.Hide(connection, task, grace.Now, grace.Expires);
        TotalsKeeper.Forget(connection, task);
        if (grace.IsNone)
        {
            foreach (var (id, frame) in GraceTable.OfTask(connection, task))
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
        if (TaskRows.GiveUpOrigin(connection, task) is { } start)
        {
            CheckpointRemover.Collect(connection, start);
        }

        while (CheckpointUpdates.HandToBranches(connection, task) > 0)
        {
        }

        TaskRows.Delete(connection, task);
    }
}
