using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about deleted checkpoints and tasks that can be brought back.</summary>
internal interface IDeletedRows
{
    /// <summary>
    /// The deleted checkpoints of the task that has a name, and of deleted ones that had it, in the order in which they were saved.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.RequestInvalid"/>.</exception>
    Page<DeletedCheckpoint> Checkpoints(string task, PageRequest page, DateTimeOffset now);

    /// <summary>The deleted tasks, and the tasks of which checkpoints are deleted.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    Page<DeletedTask> Tasks(PageRequest page, DateTimeOffset now);
}

/// <summary>Changes deleted checkpoints and tasks that can be brought back.</summary>
internal interface IDeletedChanges : IDeletedRows
{
    /// <summary>Brings a deleted checkpoint back: of several of the step, the one that was deleted last.</summary>
    /// <returns>Its row, and the tags that it had and others have since.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>;
    /// <see cref="ErrorCode.StepTaken"/>: another checkpoint was saved at the step since.</exception>
    (CheckpointRow Row, IReadOnlyList<string> TakenTags) Undelete(string task, long step, long? asStep, DateTimeOffset now);

    /// <summary>Brings a deleted task back with the checkpoints that were deleted with it.</summary>
    /// <returns>Its row.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.TaskTaken"/>: there is another task of
    /// the name.</exception>
    long UndeleteTask(string task, string name, DateTimeOffset now);

    /// <summary>Takes the checkpoints of a task that is deleted out of view, with their tags.</summary>
    void HideAll(long task, Grace grace);
}
