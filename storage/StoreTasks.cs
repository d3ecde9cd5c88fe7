using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Storage.Access;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Tasks;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Storage;

/// <summary>The tasks of a data folder.</summary>
internal sealed class StoreTasks(StoreContext store) : ITasks
{
    /// <inheritdoc/>
    public Task<Saved<TaskInfo>> PutAsync(string task, TaskSpec spec, CancellationToken cancellationToken = default) => store.WriteAsync(
        connection =>
        {
            Names.Check(task, "task");
            var before = TaskTable.Find(connection, task)?.Retention;
            var created = store.Tasks.Put(connection, task, spec, store.Now);
            store.Ledger.Put(connection, task, created);
            return new Saved<TaskInfo>(WithPreview(connection, TaskTable.Info(connection, task), before), created);
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<TaskInfo> ChangeAsync(string task, JsonElement patch, bool dryRun = false, CancellationToken cancellationToken = default) =>
        dryRun
        ? store.ReadAsync(connection =>
        {
            var (info, settings) = Merge(connection, task, patch);
            return WithPreview(
                connection, info with { Description =
                    settings.Description, Metadata = settings.Metadata!, Retention = settings.Retention }, info.Retention);
        })
        : store.WriteAsync(
            connection =>
            {
                var (info, settings) = Merge(connection, task, patch);
                TaskTable.Change(connection, task, settings);
                store.Ledger.Put(connection, task, created: false);
                return WithPreview(connection, TaskTable.Info(connection, task), info.Retention);
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<TaskInfo> GetAsync(string task, CancellationToken cancellationToken = default) =>
        store.ReadAsync(connection => TaskTable.Info(connection, Names.Check(task, "task")));

    /// <inheritdoc/>
    public AsyncPageable<TaskInfo> ListAsync(PageRequest? page = null, CancellationToken cancellationToken = default) =>
        store.List(TaskTable.List, page, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string task, CancellationToken cancellationToken = default) => store.WriteAsync(
        connection =>
        {
            var id = TaskTable.IdOf(connection, Names.Check(task, "task"));
            if (CheckpointTable.Pinned(connection, id) is { } pinned)
            {
                pinned.RequireUnpinned();
            }

            store.Ledger.Note(connection, "task.delete", task, task, Ledger.Deleted);
            TaskRemover.Remove(connection, id, store.Options.Grace);
            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public AsyncPageable<DeletedTask> ListDeletedAsync(PageRequest? page = null, CancellationToken cancellationToken = default) =>
        store.List((connection, part) => DeletedTable.Tasks(connection, part, store.Now), page, cancellationToken);

    /// <inheritdoc/>
    public Task<TaskInfo> UndeleteAsync(
        string task, string? asTask = null, CancellationToken cancellationToken = default) => store.WriteAsync(
        connection =>
        {
            var name = Names.Check(asTask ?? task, "task");
            DeletedTable.UndeleteTask(connection, Names.Check(task, "task"), name, store.Now);
            store.Ledger.UndeletedTask(connection, name);
            return TaskTable.Info(connection, name);
        },
        cancellationToken);

    private static (TaskInfo Info, TaskSettings Settings) Merge(CatalogConnection connection, string task, JsonElement patch)
    {
        var info = TaskTable.Info(connection, Names.Check(task, "task"));
        return (info, new TaskSettings(info.Description, info.Metadata, info.Retention).Merge(task, patch));
    }

    private TaskInfo WithPreview(CatalogConnection connection, TaskInfo info, Retention? before) =>
        info.Checkpoints == 0 || info.Retention == before ? info : info with { Removes = store.Collector.Preview(
            connection, store.Context(connection, info.Name), info.Retention) };
}
