using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// Brings back what was deleted. Whatever deletes a checkpoint or a task (a request, a retention, a trainer's rules), its bytes are kept until a grace is over; until
/// then it comes back bit for bit, with its trainer state, metrics and tags. Safe for use by many callers at once.
/// </summary>
public interface IDeletedCheckpoints
{
    /// <summary>The deleted checkpoints of a task that can be brought back, in the order in which they were saved.</summary>
    /// <param name="task">The name of a task, or of a deleted one.</param>
    /// <param name="page">Which part of the list.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    Task<Page<DeletedCheckpoint>> ListDeletedAsync(string task, PageRequest page, CancellationToken cancellation = default);

    /// <summary>The deleted tasks that can be brought back, and the tasks of which deleted checkpoints can.</summary>
    Task<Page<DeletedTask>> ListDeletedTasksAsync(PageRequest page, CancellationToken cancellation = default);

    /// <summary>Brings a deleted checkpoint back: of several that were deleted at the step, the last.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="step">The step that it had.</param>
    /// <param name="options">Where it goes, and whether it is pinned.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>: there is none, or its grace is over;
    /// <see cref="ErrorCode.StepTaken"/>: another one was saved at the step since; <see cref="ErrorCode.QuotaExceeded"/>.</exception>
    Task<Undeleted> UndeleteAsync(string task, long step, UndeleteOptions? options = null, CancellationToken cancellation = default);

    /// <summary>Brings a deleted task back with the checkpoints that were deleted with it: of several that had the name, the last.</summary>
    /// <param name="task">The name that it had.</param>
    /// <param name="asTask">The name that it gets. Default: the one that it had.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>: there is none, or its grace is over; <see cref="ErrorCode.TaskTaken"/>: the name was given
    /// to another task since; <see cref="ErrorCode.NameInvalid"/>; <see cref="ErrorCode.QuotaExceeded"/>.</exception>
    Task<TaskInfo> UndeleteTaskAsync(string task, string? asTask = null, CancellationToken cancellation = default);
}

/// <summary>How a deleted checkpoint comes back.</summary>
/// <param name="As">The step that it gets. Default: the one that it had.</param>
/// <param name="Pin">Whether it is pinned, so that the retention that deleted it does not do so again. Default: not.</param>
public sealed record UndeleteOptions(long? As = null, bool Pin = false);

/// <summary>A checkpoint that was brought back.</summary>
/// <param name="Checkpoint">What it is.</param>
/// <param name="TakenTags">Tags that it had and other checkpoints have since: these stay where they are.</param>
/// <param name="GoesAgain">Whether the task's retention does not keep it: the next collection deletes it again, with its grace, unless it is pinned or tagged.</param>
public sealed record Undeleted(CheckpointInfo Checkpoint, IReadOnlyList<string> TakenTags, bool GoesAgain);

/// <summary>A deleted checkpoint whose grace goes on.</summary>
/// <param name="Task">Its task.</param>
/// <param name="Step">Its step.</param>
/// <param name="State">Identity of the full state.</param>
/// <param name="LogicalBytes">Bytes of the full model that it stands for.</param>
/// <param name="StoredBytes">Bytes that it takes in the store, trainer state included.</param>
/// <param name="StateBytes">Bytes of its trainer state as stored; 0 without.</param>
/// <param name="Metrics">Numbers that the trainer gave with it.</param>
/// <param name="Tags">The tags that it had.</param>
/// <param name="WithTask">Whether it was deleted with its task, and comes back with that.</param>
/// <param name="Created">When it was saved.</param>
/// <param name="Deleted">When it was deleted.</param>
/// <param name="Expires">When its grace is over.</param>
public sealed record DeletedCheckpoint(
    string Task, long Step, Digest State, long LogicalBytes, long StoredBytes, long StateBytes, IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyList<string> Tags, bool WithTask, DateTimeOffset Created, DateTimeOffset Deleted, DateTimeOffset Expires);

/// <summary>A deleted task, or a task of which checkpoints are deleted, whose grace goes on.</summary>
/// <param name="Name">Its name; of a deleted one, the name that it had.</param>
/// <param name="Base">An alias of its base.</param>
/// <param name="Whole">Whether the task itself is deleted.</param>
/// <param name="Checkpoints">Its deleted checkpoints.</param>
/// <param name="Bytes">What these take in the store.</param>
/// <param name="Deleted">When the task was deleted, or the last of these checkpoints.</param>
/// <param name="Expires">When the grace of the task, or of the last of these, is over.</param>
public sealed record DeletedTask(
    string Name, string Base, bool Whole, long Checkpoints, long Bytes, DateTimeOffset Deleted, DateTimeOffset Expires);
