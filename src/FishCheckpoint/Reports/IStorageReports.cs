using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Reports;

/// <summary>Gives storage reports; every store that counts its bytes can. All are read off running totals: none takes longer because there is more.</summary>
public interface IStorageReports
{
    /// <summary>What a task, or the whole store, holds and costs.</summary>
    /// <param name="task">The task; <see langword="null"/> for the whole store.</param>
    /// <param name="cancellation">Ends the report.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    Task<StorageReport> ReportAsync(string? task = null, CancellationToken cancellation = default);

    /// <summary>What all tasks of a base hold and cost.</summary>
    /// <param name="nameOrId">The base.</param>
    /// <param name="cancellation">Ends the report.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>.</exception>
    Task<StorageReport> ReportBaseAsync(string nameOrId, CancellationToken cancellation = default);

    /// <summary>What a task holds of each tensor, the largest first.</summary>
    /// <param name="task">The task.</param>
    /// <param name="page">Which part; it begins after so many tensors as <see cref="PageRequest.After"/> says.</param>
    /// <param name="cancellation">Ends the report.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.RequestInvalid"/>.</exception>
    Task<Page<TensorReport>> ReportTensorsAsync(string task, PageRequest page, CancellationToken cancellation = default);

    /// <summary>How the whole store, a base or a task has grown.</summary>
    /// <param name="request">Of what, when, and in what steps.</param>
    /// <param name="cancellation">Ends the report.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.BaseNotFound"/>,
    /// <see cref="ErrorCode.RequestInvalid"/>.</exception>
    Task<GrowthReport> ReportGrowthAsync(GrowthRequest? request = null, CancellationToken cancellation = default);

    /// <summary>A task's checkpoints along its steps. Takes as long as it has points, however many checkpoints there are.</summary>
    /// <param name="task">The task.</param>
    /// <param name="request">Which part, and how fine; <see langword="null"/>: all of it.</param>
    /// <param name="cancellation">Ends the report.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.RequestInvalid"/>, <see cref="ErrorCode.StepInvalid"/>.</exception>
    Task<TimelineReport> ReportTimelineAsync(string task, TimelineRequest? request = null, CancellationToken cancellation = default);
}
