using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Chains;

/// <summary>Deletes tasks with their checkpoints, in the caller's transaction.</summary>
internal static class TaskRemover
{
    /// <summary>Takes a task and its checkpoints out of view; they go when the grace is over.</summary>
    /// <param name="writer">A transaction.</param>
    /// <param name="task">The task's row.</param>
    /// <param name="grace">How long it stays recoverable.</param>
    public static void Remove(ICatalogWriter writer, long task, Grace grace)
    {
        writer.Deleted.HideAll(task, grace);

        writer.Tasks.Hide(task, grace.Now, grace.Expires);
        writer.ForgetTotals(task);
        if (grace.IsNone)
        {
            foreach (var (id, frame) in writer.Grace.OfTask(task))
            {
                CheckpointRemover.EndGrace(writer, id, frame);
            }

            EndGrace(writer, task);
        }
    }

    /// <summary>Deletes the row of a deleted task, none of whose checkpoints is in its grace. What branches are based on goes to them: they
    /// are of the same base and own tensors.</summary>
    public static void EndGrace(ICatalogWriter writer, long task)
    {
        if (writer.Tasks.RemoveBranchPoint(task) is { } start)
        {
            CheckpointRemover.Collect(writer, start);
        }

        while (writer.Checkpoints.HandToBranches(task) > 0)
        {
        }

        writer.Tasks.Delete(task);
    }
}
