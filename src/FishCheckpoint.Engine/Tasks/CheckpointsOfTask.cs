using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Tasks;

/// <summary>Finds checkpoints of a resolved task.</summary>
internal static class CheckpointsOfTask
{
    extension(ICheckpointRows checkpoints)
    {
        /// <summary>The checkpoint at a step, or with a word or tag.</summary>
        public CheckpointRow Find(TaskContext task, StepRef step) => step switch
        {
            { Step: { } number } => checkpoints.AtStep(task.Id, number) ?? throw Missing(task.Name, step),
            { Word: "latest" } => checkpoints.Latest(task.Id) ?? throw Missing(task.Name, step),
            { Word: "best" } => Best(checkpoints, task) ?? throw Missing(task.Name, step),
            _ => checkpoints.Tagged(task.Id, step.Word!) ?? throw new FishException(
                ErrorCode.TagNotFound, $"{task.Name}/{step}", "The task has no such tag.", "List the task's checkpoints with their tags."),
        };

        /// <summary>A page of a task's checkpoints.</summary>
        public Page<CheckpointInfo> List(TaskContext task, PageRequest page) =>
            checkpoints.List(task.Id, task.Name, page);
    }

    extension(ICatalogView view)
    {
        /// <summary>
        /// The checkpoint at a task's branch point, possibly a tombstone; <see langword="null"/> for a task that starts from its base.
        /// </summary>
        /// <exception cref="FishException"><see cref="ErrorCode.CheckpointNotFound"/>: a repair lost it, and the base is no
        /// substitute.</exception>
        public CheckpointRow? BranchPointOf(TaskContext task) => task.LostBranchPoint is { } lost
            ? throw new FishException(
                ErrorCode.CheckpointNotFound, task.Name,
                $"The task starts from the checkpoint {lost.Task}:{lost.Step}, which a repair could not recover.",
                "Name the parent of the save: an existing step, or the base if the delta was made against it. "
                + "A whole model needs no parent.")
            : task.BranchCheckpoint is { } id ? view.Checkpoints.Row(id) : null;

        /// <summary>The files of a checkpoint's model: its task's, or its own if the trainer's layout differed.</summary>
        public ModelFiles OutputOf(TaskContext task, CheckpointRow checkpoint) =>
            checkpoint.Headers is { } headers ? view.Headers.Files(headers) : task.Layout.Files;
    }

    private static CheckpointRow? Best(ICheckpointRows checkpoints, TaskContext task)
    {
        var monitor = task.Retention?.Monitor ?? throw new FishException(
            ErrorCode.CheckpointNotFound, $"{task.Name}/best", "The task monitors no metric.",
            "Set the task's retention.monitor and retention.mode.");
        return checkpoints.Best(task.Id, monitor, task.Retention.Mode == "max");
    }

    private static FishException Missing(string task, StepRef step) =>
        new(ErrorCode.CheckpointNotFound, $"{task}/{step}", "The task has no such checkpoint.", "List the task's checkpoints.");
}
