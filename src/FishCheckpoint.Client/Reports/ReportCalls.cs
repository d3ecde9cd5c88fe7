using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Client.Reports;

/// <summary>The routes of reports.</summary>
internal sealed class ReportCalls(FishHttp server)
{
    public Task<StorageReport> StorageAsync(string? task, CancellationToken cancellation) =>
        server.JsonAsync<StorageReport>(HttpMethod.Get, Routes.Report(task), cancellation);

    public Task<StorageReport> BaseAsync(string nameOrId, CancellationToken cancellation) =>
        server.JsonAsync<StorageReport>(HttpMethod.Get, Routes.BaseReport(nameOrId), cancellation);

    public Task<Page<TensorReport>> TensorsAsync(string task, PageRequest page, CancellationToken cancellation) =>
        server.JsonAsync<Page<TensorReport>>(HttpMethod.Get, Routes.Page(Routes.TensorReport(task), page), cancellation);

    public Task<GrowthReport> GrowthAsync(GrowthRequest request, CancellationToken cancellation) =>
        server.JsonAsync<GrowthReport>(HttpMethod.Get, Routes.Growth(request.Checked()), cancellation);

    public Task<TimelineReport> TimelineAsync(string task, TimelineRequest request, CancellationToken cancellation) =>
        server.JsonAsync<TimelineReport>(HttpMethod.Get, Routes.Timeline(task, request.Checked()), cancellation);

    public Task<ChangeReport> ChangesAsync(string task, StepRef to, StateRef from, CancellationToken cancellation) =>
        server.JsonAsync<ChangeReport>(HttpMethod.Get, Routes.Changes(task, to, from), cancellation, wait: server.ForComputed);
}
