using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Stores;

/// <summary>
/// The checkpoints of a store's tasks. What is deleted, by a request, a retention or a trainer's rules, keeps its bytes until a grace is
/// over; until then it
/// comes back bit for bit, with its trainer state, metrics and tags. Safe for use by many callers at once.
/// </summary>
public interface ICheckpoints
{
    /// <summary>Saves a checkpoint, in one transaction.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="step">Its step.</param>
    /// <param name="content">What the trainer holds, in one of four forms.</param>
    /// <param name="options">Parent, checks, metrics, metadata and trainer state, and whether it replaces another checkpoint.</param>
    /// <param name="cancellationToken">Ends the save, leaving nothing.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.StepTaken"/>,
    /// <see cref="ErrorCode.StateTaken"/>,
    /// <see cref="ErrorCode.CheckpointPinned"/>: it would replace a pinned one; <see cref="ErrorCode.TooLarge"/>: more metrics and metadata
    /// than
    /// <see cref="SaveInfo.MaxBytes"/>; or a code for each way the content does not fit.</exception>
    Task<Saved<CheckpointInfo>> SaveAsync(
        string task, long step, CheckpointContent content, SaveOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>A checkpoint.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>,
    /// <see cref="ErrorCode.TagNotFound"/>.</exception>
    Task<CheckpointInfo> GetAsync(string task, StepRef step, CancellationToken cancellationToken = default);

    /// <summary>The checkpoints of a task by step.</summary>
    /// <param name="task">The task.</param>
    /// <param name="page">Where the list begins, its direction, and how much one request asks for. Default: the lowest step,
    /// ascending.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    AsyncPageable<CheckpointInfo> ListAsync(string task, PageRequest? page = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes a checkpoint. <see cref="UndeleteAsync"/> brings it back until its grace is over. Others whose parent it is stay readable.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>,
    /// <see cref="ErrorCode.CheckpointPinned"/>.</exception>
    Task DeleteAsync(string task, StepRef step, CancellationToken cancellationToken = default);

    /// <summary>The deleted checkpoints of a task that can be brought back, in the order in which they were saved.</summary>
    /// <param name="task">The name of a task, or of a deleted one.</param>
    /// <param name="page">Where the list begins, and how much one request asks for. Default: the first of them.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    AsyncPageable<DeletedCheckpoint> ListDeletedAsync(string task, PageRequest? page = null, CancellationToken cancellationToken = default);

    /// <summary>Brings a deleted checkpoint back: of several that were deleted at the step, the last.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="step">The step that it had.</param>
    /// <param name="options">Where it goes, and whether it is pinned.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>: there is none, or
    /// its grace is over;
    /// <see cref="ErrorCode.StepTaken"/>: another one was saved at the step since; <see cref="ErrorCode.QuotaExceeded"/>.</exception>
    Task<Undeleted> UndeleteAsync(string task, long step, UndeleteOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Sets a tag on a checkpoint, moving it if another one has it, or removes the tag.</summary>
    /// <param name="task">The task.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="step">The checkpoint; <see langword="null"/> removes the tag.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.CheckpointNotFound"/>;
    /// <see cref="ErrorCode.TagNotFound"/>: there is no such tag to remove.</exception>
    Task SetTagAsync(string task, string tag, StepRef? step, CancellationToken cancellationToken = default);

    /// <summary>Pins a checkpoint, so that neither a retention nor a request deletes it, or unpins it.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>.</exception>
    Task SetPinAsync(string task, StepRef step, bool pinned, CancellationToken cancellationToken = default);
}
