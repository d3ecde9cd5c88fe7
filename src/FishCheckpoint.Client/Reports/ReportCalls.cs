using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Reports;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Client.Reports;

/// <summary>The routes of reports.</summary>
internal sealed class ReportCalls(FishHttp server) : IReports
{
    public Task<StorageReport> GetStorageAsync(string? task = null, CancellationToken cancellationToken = default) =>
        server.JsonAsync<StorageReport>(HttpMethod.Get, Routes.Report(task), cancellationToken);

    public Task<StorageReport> GetBaseAsync(string nameOrId, CancellationToken cancellationToken = default) =>
        server.JsonAsync<StorageReport>(HttpMethod.Get, Routes.BaseReport(nameOrId), cancellationToken);

    public AsyncPageable<TensorReport> ListTensorsAsync(
        string task, PageRequest? page = null, CancellationToken cancellationToken = default) =>
        server.List<TensorReport>(Routes.TensorReport(task), page, cancellationToken);

    public Task<GrowthReport> GetGrowthAsync(GrowthRequest? request = null, CancellationToken cancellationToken = default) =>
        server.JsonAsync<GrowthReport>(HttpMethod.Get, Routes.Growth((request ?? new GrowthRequest()).Validate()), cancellationToken);

    public Task<TimelineReport> GetTimelineAsync(
        string task, TimelineRequest? request = null, CancellationToken cancellationToken = default) =>
        server.JsonAsync<TimelineReport>(
            HttpMethod.Get, Routes.Timeline(task, (request ?? new TimelineRequest()).Validate()), cancellationToken);
}
