using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads deleted checkpoints and tasks that can be restored.</summary>
internal interface IDeletedRows
{
    /// <summary>The deleted checkpoints of the task with a name, and of deleted tasks that had it, in the order of their saves.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.RequestInvalid"/>.</exception>
    Page<DeletedCheckpoint> Checkpoints(string task, PageRequest page, DateTimeOffset now);

    /// <summary>The deleted tasks, and the tasks with deleted checkpoints.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    Page<DeletedTask> Tasks(PageRequest page, DateTimeOffset now);
}

/// <summary>Restores deleted checkpoints and tasks.</summary>
internal interface IDeletedChanges : IDeletedRows
{
    /// <summary>Restores a deleted checkpoint: the last deleted one if several had the step.</summary>
    /// <returns>Its row, and its former tags that other checkpoints have now.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>;
    /// <see cref="ErrorCode.StepTaken"/> if another checkpoint was saved at the step.</exception>
    (CheckpointRow Row, IReadOnlyList<string> TakenTags) Undelete(string task, long step, long? asStep, DateTimeOffset now);

    /// <summary>Restores a deleted task and the checkpoints that were deleted with it.</summary>
    /// <returns>Its row.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.TaskTaken"/> if another task has the
    /// name.</exception>
    long UndeleteTask(string task, string name, DateTimeOffset now);

    /// <summary>Deletes all checkpoints of a task, with their tags.</summary>
    void MarkAllDeleted(long task, Grace grace);
}
