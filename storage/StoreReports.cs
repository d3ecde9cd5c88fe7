using FishCheckpoint.Checkpoints;
using FishCheckpoint.Reports;
using FishCheckpoint.Storage.Reports;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Storage;

/// <summary>The storage reports of a data folder.</summary>
internal sealed class StoreReports(StoreContext store) : IReports
{
    /// <inheritdoc/>
    public Task<StorageReport> GetStorageAsync(
        string? task = null, CancellationToken cancellationToken = default) => store.ReadAsync(connection => task is null
        ? StorageReporter.OfStore(connection, store.Database.Path) : StorageReporter.OfTask(connection, Names.Check(task, "task")));

    /// <inheritdoc/>
    public Task<StorageReport> GetBaseAsync(string nameOrId, CancellationToken cancellationToken = default) =>
        store.ReadAsync(connection => StorageReporter.OfBase(connection, nameOrId));

    /// <inheritdoc/>
    public AsyncPageable<TensorReport> ListTensorsAsync(
        string task, PageRequest? page = null, CancellationToken cancellationToken = default) =>
        store.List((connection, part) => TensorReporter.OfTask(connection, store.Context(connection, task), part), page, cancellationToken);

    /// <inheritdoc/>
    public Task<GrowthReport> GetGrowthAsync(GrowthRequest? request = null, CancellationToken cancellationToken = default) =>
        store.ReadAsync(connection => GrowthReporter.Of(connection, (request ?? new GrowthRequest()).Checked(), store.Now));

    /// <inheritdoc/>
    public Task<TimelineReport> GetTimelineAsync(
        string task, TimelineRequest? request = null, CancellationToken cancellationToken = default) =>
        store.ReadAsync(
            connection => TimelineReporter.Of(connection, Names.Check(task, "task"), (request ?? new TimelineRequest()).Checked()));
}
