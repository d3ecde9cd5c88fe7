using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Stores;

/// <summary>
/// A store's reports of what it holds. They are read off running totals: none takes longer because there is more. Safe for use by many
/// callers at once.
/// </summary>
public interface IReports
{
    /// <summary>What a task, or the whole store, holds and costs.</summary>
    /// <param name="task">The task; <see langword="null"/> for the whole store.</param>
    /// <param name="cancellationToken">Ends the report.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    Task<StorageReport> GetStorageAsync(string? task = null, CancellationToken cancellationToken = default);

    /// <summary>What all tasks of a base hold and cost.</summary>
    /// <param name="nameOrId">The base.</param>
    /// <param name="cancellationToken">Ends the report.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>.</exception>
    Task<StorageReport> GetBaseAsync(string nameOrId, CancellationToken cancellationToken = default);

    /// <summary>What a task holds of each tensor, the largest first.</summary>
    /// <param name="task">The task.</param>
    /// <param name="page">Where the list begins, and how much one request asks for; <see cref="PageRequest.After"/> is a number of tensors
    /// to skip. Default:
    /// the largest.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.RequestInvalid"/>.</exception>
    AsyncPageable<TensorReport> ListTensorsAsync(string task, PageRequest? page = null, CancellationToken cancellationToken = default);

    /// <summary>How the whole store, a base or a task has grown.</summary>
    /// <param name="request">Of what, when, and in what steps.</param>
    /// <param name="cancellationToken">Ends the report.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.BaseNotFound"/>,
    /// <see cref="ErrorCode.RequestInvalid"/>.</exception>
    Task<GrowthReport> GetGrowthAsync(GrowthRequest? request = null, CancellationToken cancellationToken = default);

    /// <summary>A task's checkpoints along its steps. Takes as long as it has points, however many checkpoints there are.</summary>
    /// <param name="task">The task.</param>
    /// <param name="request">Which part, and how fine; <see langword="null"/>: all of it.</param>
    /// <param name="cancellationToken">Ends the report.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.RequestInvalid"/>,
    /// <see cref="ErrorCode.StepInvalid"/>.
    /// </exception>
    Task<TimelineReport> GetTimelineAsync(string task, TimelineRequest? request = null, CancellationToken cancellationToken = default);
}
