using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Chains;

/// <summary>Deletes tasks with their checkpoints, in the caller's transaction.</summary>
internal static class TaskRemover
{
    /// <summary>Deletes a task and its checkpoints; they become invisible now and are removed after the grace.</summary>
    /// <param name="writer">A transaction.</param>
    /// <param name="task">The task's row.</param>
    /// <param name="grace">How long the deletion can be undone.</param>
    public static void Remove(ICatalogWriter writer, long task, Grace grace)
    {
        writer.Deleted.MarkAllDeleted(task, grace);

        writer.Tasks.MarkDeleted(task, grace.Now, grace.Expires);
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

    /// <summary>
    /// Removes the row of a deleted task past its grace. Checkpoints that branches depend on move to these branches, which have the same
    /// base and own tensors.
    /// </summary>
    public static void EndGrace(ICatalogWriter writer, long task)
    {
        if (writer.Tasks.RemoveBranchPoint(task) is { } checkpoint)
        {
            CheckpointRemover.Collect(writer, checkpoint);
        }

        while (writer.Checkpoints.MoveToBranches(task) > 0)
        {
        }

        writer.Tasks.Delete(task);
    }
}
