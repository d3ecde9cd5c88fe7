using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Stores;

/// <summary>The tasks of a store. Each has a base and checkpoints. Safe for concurrent use.</summary>
public interface ITasks
{
    /// <summary>
    /// Creates a task, or replaces the description, metadata and retention of an existing one. Values that <paramref name="spec"/> omits
    /// become empty; use <see cref="ChangeAsync"/> to change only some.
    /// </summary>
    /// <param name="task">Its name.</param>
    /// <param name="spec">Its base, description, metadata, retention and own tensors.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The task, with <see cref="TaskInfo.Removes"/> if the retention of an existing task changes.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskTaken"/>: it exists with another base or other own tensors;
    /// <see cref="ErrorCode.BaseNotFound"/>, <see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.TensorUnknown"/>: a dropped tensor
    /// is not in the base.</exception>
    Task<Saved<TaskInfo>> PutAsync(string task, TaskSpec spec, CancellationToken cancellationToken = default);

    /// <summary>Changes the parts of a task's description, metadata and retention that a JSON merge patch (RFC 7396) contains.</summary>
    /// <param name="task">The task.</param>
    /// <param name="patch">The patch, such as <c>{"retention":{"keepLast":3},"metadata":{"note":null}}</c>.</param>
    /// <param name="dryRun">Whether to return the result without changing the task.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The task, with <see cref="TaskInfo.Removes"/> if the retention changes.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.RequestInvalid"/>: the patch contains
    /// another member or an invalid value.</exception>
    Task<TaskInfo> ChangeAsync(string task, JsonElement patch, bool dryRun = false, CancellationToken cancellationToken = default);

    /// <summary>A task.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    Task<TaskInfo> GetAsync(string task, CancellationToken cancellationToken = default);

    /// <summary>The tasks by name.</summary>
    /// <param name="page">The start of the list and the page size. Default: from the first task.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    AsyncPageable<TaskInfo> ListAsync(PageRequest? page = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes a task with all its checkpoints. The name is free at once. <see cref="UndeleteAsync"/> restores them during their grace
    /// period.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointPinned"/>.</exception>
    Task DeleteAsync(string task, CancellationToken cancellationToken = default);

    /// <summary>Tasks that can be restored, and tasks with checkpoints that can be restored.</summary>
    /// <param name="page">The start of the list and the page size. Default: from the task that was deleted first.</param>
    /// <param name="cancellationToken">The start of the list and the page size. Default: from the task that was deleted first.</param>
    AsyncPageable<DeletedTask> ListDeletedAsync(PageRequest? page = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Restores a deleted task with the checkpoints that were deleted with it. If several had the name, the latest is restored.
    /// </summary>
    /// <param name="task">Its former name.</param>
    /// <param name="asTask">Its new name. Default: the former one.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>: no such task exists, or its grace period is over;
    /// <see cref="ErrorCode.TaskTaken"/>: another task has the name; <see cref="ErrorCode.NameInvalid"/>;
    /// <see cref="ErrorCode.QuotaExceeded"/>.</exception>
    Task<TaskInfo> UndeleteAsync(string task, string? asTask = null, CancellationToken cancellationToken = default);
}
