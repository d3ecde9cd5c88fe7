using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Stores;

/// <summary>The tasks of a store: each is on a base and has checkpoints. Safe for use by many callers at once.</summary>
public interface ITasks
{
    /// <summary>
    /// Makes a task, or replaces the description, metadata and retention of one; what <paramref name="spec"/> leaves out becomes empty.
    /// <see cref="ChangeAsync"/> changes only what it names.
    /// </summary>
    /// <param name="task">Its name.</param>
    /// <param name="spec">Its base, description, metadata, retention and own tensors.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The task; <see cref="TaskInfo.Removes"/> where the retention of an existing one is changed.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskTaken"/>: it exists with another base or other own tensors;
    /// <see cref="ErrorCode.BaseNotFound"/>, <see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.TensorUnknown"/>: a dropped tensor
    /// is not in the base.
    /// </exception>
    Task<Saved<TaskInfo>> PutAsync(string task, TaskSpec spec, CancellationToken cancellationToken = default);

    /// <summary>Changes of a task's description, metadata and retention what a JSON merge patch (RFC 7396) names, and nothing
    /// else.</summary>
    /// <param name="task">The task.</param>
    /// <param name="patch">The patch, as in <c>{"retention":{"keepLast":3},"metadata":{"note":null}}</c>.</param>
    /// <param name="dryRun">Whether nothing is changed, and the answer is what would be.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The task; <see cref="TaskInfo.Removes"/> where the retention is changed.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.RequestInvalid"/>: the patch names
    /// something else, or a
    /// value is none.</exception>
    Task<TaskInfo> ChangeAsync(string task, JsonElement patch, bool dryRun = false, CancellationToken cancellationToken = default);

    /// <summary>A task.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    Task<TaskInfo> GetAsync(string task, CancellationToken cancellationToken = default);

    /// <summary>The tasks by name.</summary>
    /// <param name="page">Where the list begins, and how much one request asks for. Default: the first task.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    AsyncPageable<TaskInfo> ListAsync(PageRequest? page = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes a task with all its checkpoints. <see cref="UndeleteAsync"/> brings them back until their grace is over; the name is free at
    /// once.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointPinned"/>.</exception>
    Task DeleteAsync(string task, CancellationToken cancellationToken = default);

    /// <summary>The deleted tasks that can be brought back, and the tasks of which deleted checkpoints can.</summary>
    /// <param name="page">Where the list begins, and how much one request asks for. Default: the task that was deleted first.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    AsyncPageable<DeletedTask> ListDeletedAsync(PageRequest? page = null, CancellationToken cancellationToken = default);

    /// <summary>Brings a deleted task back with the checkpoints that were deleted with it: of several that had the name, the
    /// last.</summary>
    /// <param name="task">The name that it had.</param>
    /// <param name="asTask">The name that it gets. Default: the one that it had.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>: there is none, or its grace is over;
    /// <see cref="ErrorCode.TaskTaken"/>: the
    /// name was given to another task since; <see cref="ErrorCode.NameInvalid"/>; <see cref="ErrorCode.QuotaExceeded"/>.</exception>
    Task<TaskInfo> UndeleteAsync(string task, string? asTask = null, CancellationToken cancellationToken = default);
}
