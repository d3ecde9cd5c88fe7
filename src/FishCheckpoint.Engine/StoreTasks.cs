using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Access;
using FishCheckpoint.Engine.Chains;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Engine;

/// <summary>The tasks of a store.</summary>
internal sealed class StoreTasks(StoreContext store) : ITasks
{
    /// <inheritdoc/>
    public Task<Saved<TaskInfo>> PutAsync(string task, TaskSpec spec, CancellationToken cancellationToken = default) => store.WriteAsync(
        writer =>
        {
            Names.Check(task, "task");
            var before = writer.Tasks.Find(task)?.Retention;
            var created = store.Tasks.Put(writer, task, spec, store.Now);
            store.AuditWriter.Put(writer, task, created);
            return new Saved<TaskInfo>(WithPreview(writer, writer.Tasks.Info(task), before), created);
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<TaskInfo> ChangeAsync(string task, JsonElement patch, bool dryRun = false, CancellationToken cancellationToken = default) =>
        dryRun
        ? store.ReadAsync(view =>
        {
            var (info, settings) = Merge(view, task, patch);
            return WithPreview(
                view, info with { Description =
                    settings.Description, Metadata = settings.Metadata!, Retention = settings.Retention }, info.Retention);
        })
        : store.WriteAsync(
            writer =>
            {
                var (info, settings) = Merge(writer, task, patch);
                writer.Tasks.SetSettings(task, settings.Description, settings.Metadata, settings.Retention);
                store.AuditWriter.Put(writer, task, created: false);
                return WithPreview(writer, writer.Tasks.Info(task), info.Retention);
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<TaskInfo> GetAsync(string task, CancellationToken cancellationToken = default) =>
        store.ReadAsync(view => view.Tasks.Info(Names.Check(task, "task")));

    /// <inheritdoc/>
    public AsyncPageable<TaskInfo> ListAsync(PageRequest? page = null, CancellationToken cancellationToken = default) =>
        store.List((view, part) => view.Tasks.List(part), page, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string task, CancellationToken cancellationToken = default) => store.WriteAsync(
        writer =>
        {
            var id = writer.Tasks.IdOf(Names.Check(task, "task"));
            if (writer.Checkpoints.Pinned(id) is { } pinned)
            {
                pinned.RequireUnpinned();
            }

            store.AuditWriter.Note(writer, "task.delete", task, task, AuditWriter.Deleted);
            TaskRemover.Remove(writer, id, store.Options.Grace);
            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public AsyncPageable<DeletedTask> ListDeletedAsync(PageRequest? page = null, CancellationToken cancellationToken = default) =>
        store.List((view, part) => view.Deleted.Tasks(part, store.Now), page, cancellationToken);

    /// <inheritdoc/>
    public Task<TaskInfo> UndeleteAsync(
        string task, string? asTask = null, CancellationToken cancellationToken = default) => store.WriteAsync(
        writer =>
        {
            var name = Names.Check(asTask ?? task, "task");
            writer.Deleted.UndeleteTask(Names.Check(task, "task"), name, store.Now);
            store.AuditWriter.UndeletedTask(writer, name);
            return writer.Tasks.Info(name);
        },
        cancellationToken);

    private static (TaskInfo Info, TaskSettings Settings) Merge(ICatalogView view, string task, JsonElement patch)
    {
        var info = view.Tasks.Info(Names.Check(task, "task"));
        return (info, new TaskSettings(info.Description, info.Metadata, info.Retention).Merge(task, patch));
    }

    private TaskInfo WithPreview(ICatalogView view, TaskInfo info, Retention? before) =>
        info.Checkpoints == 0 || info.Retention == before ? info : info with { Removes = store.GarbageCollector.Preview(
            view, store.Context(view, info.Name), info.Retention) };
}
