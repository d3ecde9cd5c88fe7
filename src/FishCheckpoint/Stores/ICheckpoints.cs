using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Stores;

/// <summary>
/// The checkpoints of a store's tasks. A deleted checkpoint keeps its bytes for a grace period, whether a request, a retention or a
/// trainer's rules deleted it. Until then, it can be restored bit for bit, with its trainer state, metrics and tags. Safe for concurrent
/// use.
/// </summary>
public interface ICheckpoints
{
    /// <summary>Saves a checkpoint in one transaction.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="step">Its step.</param>
    /// <param name="content">The trainer's values, in one of four forms.</param>
    /// <param name="options">Parent, checks, metrics, metadata, trainer state, and whether an existing checkpoint is replaced.</param>
    /// <param name="cancellationToken">Cancels the save and stores nothing.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.StepTaken"/>,
    /// <see cref="ErrorCode.StateTaken"/>, <see cref="ErrorCode.CheckpointPinned"/>: the checkpoint to replace is pinned;
    /// <see cref="ErrorCode.TooLarge"/>: metrics and metadata exceed <see cref="SaveInfo.MaxBytes"/>; or the code of the error in the
    /// content.</exception>
    Task<Saved<CheckpointInfo>> SaveAsync(
        string task, long step, CheckpointContent content, SaveOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>A checkpoint.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>,
    /// <see cref="ErrorCode.TagNotFound"/>.</exception>
    Task<CheckpointInfo> GetAsync(string task, StepRef step, CancellationToken cancellationToken = default);

    /// <summary>The checkpoints of a task by step.</summary>
    /// <param name="task">The task.</param>
    /// <param name="page">The start of the list, its direction and the page size. Default: from the lowest step, ascending.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    AsyncPageable<CheckpointInfo> ListAsync(string task, PageRequest? page = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes a checkpoint. <see cref="UndeleteAsync"/> restores it during its grace period. Checkpoints that are based on it stay
    /// readable.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>,
    /// <see cref="ErrorCode.CheckpointPinned"/>.</exception>
    Task DeleteAsync(string task, StepRef step, CancellationToken cancellationToken = default);

    /// <summary>The deleted checkpoints of a task that can be restored, in the order in which they were saved.</summary>
    /// <param name="task">The name of an existing or deleted task.</param>
    /// <param name="page">The start of the list and the page size. Default: from the first of them.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    AsyncPageable<DeletedCheckpoint> ListDeletedAsync(string task, PageRequest? page = null, CancellationToken cancellationToken = default);

    /// <summary>Restores a deleted checkpoint. If several were deleted at the step, the latest is restored.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="step">The step that it had.</param>
    /// <param name="options">Its new task and step, and whether to pin it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>: no such checkpoint
    /// exists, or its grace period is over; <see cref="ErrorCode.StepTaken"/>: another one was saved at the step;
    /// <see cref="ErrorCode.QuotaExceeded"/>.</exception>
    Task<Undeleted> UndeleteAsync(string task, long step, UndeleteOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Sets a tag on a checkpoint, moving it from any other, or removes the tag.</summary>
    /// <param name="task">The task.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="step">The checkpoint; <see langword="null"/> removes the tag.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.CheckpointNotFound"/>;
    /// <see cref="ErrorCode.TagNotFound"/>: the tag to remove does not exist.</exception>
    Task SetTagAsync(string task, string tag, StepRef? step, CancellationToken cancellationToken = default);

    /// <summary>Pins or unpins a checkpoint. Neither a retention nor a request deletes a pinned checkpoint.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>.</exception>
    Task SetPinAsync(string task, StepRef step, bool pinned, CancellationToken cancellationToken = default);
}
