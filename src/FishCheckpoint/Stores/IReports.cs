using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Stores;

/// <summary>
/// Reports of a store's content and size. They use running totals, so their cost does not grow with the store. Safe for concurrent use.
/// </summary>
public interface IReports
{
    /// <summary>The content and stored bytes of a task or the whole store.</summary>
    /// <param name="task">The task; <see langword="null"/> for the whole store.</param>
    /// <param name="cancellationToken">Cancels the report.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    Task<StorageReport> GetStorageAsync(string? task = null, CancellationToken cancellationToken = default);

    /// <summary>The content and stored bytes of all tasks of a base.</summary>
    /// <param name="nameOrId">The base.</param>
    /// <param name="cancellationToken">Cancels the report.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>.</exception>
    Task<StorageReport> GetBaseAsync(string nameOrId, CancellationToken cancellationToken = default);

    /// <summary>Stored bytes of a task per tensor, largest first.</summary>
    /// <param name="task">The task.</param>
    /// <param name="page">The start of the list and the page size; <see cref="PageRequest.After"/> is the number of tensors to skip.
    /// Default: from the largest.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.RequestInvalid"/>.</exception>
    AsyncPageable<TensorReport> ListTensorsAsync(string task, PageRequest? page = null, CancellationToken cancellationToken = default);

    /// <summary>Growth of the whole store, a base or a task.</summary>
    /// <param name="request">Of what, when, and in what steps.</param>
    /// <param name="cancellationToken">Scope, period and interval.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.BaseNotFound"/>,
    /// <see cref="ErrorCode.RequestInvalid"/>.</exception>
    Task<GrowthReport> GetGrowthAsync(GrowthRequest? request = null, CancellationToken cancellationToken = default);

    /// <summary>A task's checkpoints by step. The cost depends on the number of points, not of checkpoints.</summary>
    /// <param name="task">The task.</param>
    /// <param name="request">Which part, and how fine; <see langword="null"/>: all of it.</param>
    /// <param name="cancellationToken">Range and resolution; <see langword="null"/> for all steps.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.RequestInvalid"/>,
    /// <see cref="ErrorCode.StepInvalid"/>.
    /// </exception>
    Task<TimelineReport> GetTimelineAsync(string task, TimelineRequest? request = null, CancellationToken cancellationToken = default);
}
