using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Tasks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Checkpoints;

/// <summary>What the table of checkpoints answers for a task of which more than the row is known.</summary>
internal static class CheckpointsOfTask
{
    extension(CheckpointTable)
    {
        /// <summary>The checkpoint of a step, a word or a tag.</summary>
        public static CheckpointRow Find(CatalogConnection connection, TaskContext task, StepRef step) => step switch
        {
            { Step: { } number } => CheckpointTable.AtStep(connection, task.Id, number) ?? throw Missing(task.Name, step),
            { Word: "latest" } => CheckpointTable.Latest(connection, task.Id) ?? throw Missing(task.Name, step),
            { Word: "best" } => Best(connection, task) ?? throw Missing(task.Name, step),
            _ => CheckpointTable.Tagged(connection, task.Id, step.Word!) ?? throw new FishException(
                ErrorCode.TagNotFound, $"{task.Name}/{step}", "The task has no such tag.", "List the task's checkpoints with their tags."),
        };

        /// <summary>A page of a task's checkpoints.</summary>
        public static Page<CheckpointInfo> List(CatalogConnection connection, TaskContext task, PageRequest page) =>
            CheckpointTable.List(connection, task.Id, task.Name, page);

        /// <summary>The checkpoint that a task starts from, hidden or not; <see langword="null"/>: it starts from its base.</summary>
        /// <exception cref="FishException">
        /// <see cref="ErrorCode.CheckpointNotFound"/>: a repair could not save it, and the base is no substitute.
        /// </exception>
        public static CheckpointRow? StartOf(CatalogConnection connection, TaskContext task) => task.LostStart is { } lost
            ? throw new FishException(
                ErrorCode.CheckpointNotFound, task.Name,
                $"The task starts from the checkpoint {lost.Task}:{lost.Step}, which was lost in a repair.",
                "Say what a save is laid on: a step that is there or, where its values are against the base, the base. "
                + "A whole model needs nothing.")
            : task.Origin is { } id ? CheckpointTable.Row(connection, id) : null;

        /// <summary>The files of a checkpoint's model: its task's, or its own where the trainer's were laid out otherwise.</summary>
        public static ModelFiles OutputOf(CatalogConnection connection, TaskContext task, CheckpointRow checkpoint) =>
            checkpoint.Headers is { } headers ? HeaderTable.Files(connection, headers) : task.Layout.Files;
    }

    private static CheckpointRow? Best(CatalogConnection connection, TaskContext task)
    {
        var monitor = task.Retention?.Monitor ?? throw new FishException(
            ErrorCode.CheckpointNotFound, $"{task.Name}/best", "The task monitors no metric.",
            "Set the task's retention.monitor and retention.mode.");
        return CheckpointTable.Best(connection, task.Id, monitor, task.Retention.Mode == "max");
    }

    private static FishException Missing(string task, StepRef step) =>
        new(ErrorCode.CheckpointNotFound, $"{task}/{step}", "The task has no such checkpoint.", "List the task's checkpoints.");
}
