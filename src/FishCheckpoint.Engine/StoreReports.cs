using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Reports;
using FishCheckpoint.Reports;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Engine;

/// <summary>The storage reports of a store.</summary>
internal sealed class StoreReports(StoreContext store) : IReports
{
    /// <inheritdoc/>
    public Task<StorageReport> GetStorageAsync(
        string? task = null, CancellationToken cancellationToken = default) => store.ReadAsync(view => task is null
        ? StorageReporter.OfStore(view, store.Catalog) : StorageReporter.OfTask(view, Names.Check(task, "task")));

    /// <inheritdoc/>
    public Task<StorageReport> GetBaseAsync(string nameOrId, CancellationToken cancellationToken = default) =>
        store.ReadAsync(view => StorageReporter.OfBase(view, nameOrId));

    /// <inheritdoc/>
    public AsyncPageable<TensorReport> ListTensorsAsync(
        string task, PageRequest? page = null, CancellationToken cancellationToken = default) =>
        store.List((view, part) => TensorReporter.OfTask(view, store.Context(view, task), part), page, cancellationToken);

    /// <inheritdoc/>
    public Task<GrowthReport> GetGrowthAsync(GrowthRequest? request = null, CancellationToken cancellationToken = default) =>
        store.ReadAsync(view => GrowthReporter.Of(view, (request ?? new GrowthRequest()).Validate(), store.Now));

    /// <inheritdoc/>
    public Task<TimelineReport> GetTimelineAsync(
        string task, TimelineRequest? request = null, CancellationToken cancellationToken = default) =>
        store.ReadAsync(
            view => TimelineReporter.Of(view, Names.Check(task, "task"), (request ?? new TimelineRequest()).Validate()));
}
