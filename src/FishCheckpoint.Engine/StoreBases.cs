using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Access;
using FishCheckpoint.Engine.Maintenance;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Engine;

/// <summary>The bases of a store.</summary>
internal sealed class StoreBases(StoreContext store) : IBases
{
    /// <inheritdoc/>
    public Task<Saved<BaseInfo>> AddAsync(string name, IAsyncEnumerable<UploadFile> files, CancellationToken cancellationToken =
        default) => store.GuardedAsync(async () =>
    {
        store.RequireWritable();
        Names.Check(name, "base");
        await store.Room.KeepReserveAsync(cancellationToken);
        try
        {
            using var received = await store.Bases.ReceiveAsync(files, cancellationToken);
            var content = received.Content;
            return await store.Catalog.WriteAsync(
                writer =>
                {
                    writer.Bases.RequireName(name, content.Id);
                    var isNew = !writer.Bases.Exists(content.Id);
                    var created = writer.Bases.Insert(name, content, store.Now);
                    store.AuditWriter.Added(writer, name, content.Id, content.AllFiles.Sum(file => file.Bytes), created, isNew);
                    store.Bases.MoveIn(received);
                    BaseMeasure.Note(writer, store.Bases, content.Id);
                    var info = writer.Bases.Info(content.Id, name) with { LeftOut = received.LeftOut is { Count: > 0 } left ? left : null };
                    return new Saved<BaseInfo>(info, created);
                },
                cancellationToken);
        }
        finally
        {
            await RemoveUnfinishedAsync();
        }
    });

    /// <inheritdoc/>
    public Task<BaseInfo> GetAsync(string nameOrId, CancellationToken cancellationToken = default) => store.ReadAsync(view =>
    {
        var id = view.Bases.Resolve(nameOrId);
        return view.Bases.Info(id, id.ToString() == nameOrId ? null : nameOrId);
    });

    /// <inheritdoc/>
    public AsyncPageable<BaseInfo> ListAsync(PageRequest? page = null, CancellationToken cancellationToken = default) =>
        store.List((view, part) => view.Bases.List(part), page, cancellationToken);

    /// <inheritdoc/>
    public Task<IModelReader> OpenAsync(
        string nameOrId, CancellationToken cancellationToken = default) => store.OpenModelAsync(view =>
    {
        var content = store.Tasks.BaseOf(view, view.Bases.Resolve(nameOrId));
        var layout = TaskLayout.Create(content.Files, new Dictionary<string, OwnTensor?>(StringComparer.Ordinal));
        return (new TaskContext(TaskContext.BaseAlone, nameOrId, content, layout, null), null);
    });

    /// <inheritdoc/>
    public Task<RemovedBase> DeleteAsync(
        string name, CancellationToken cancellationToken = default) => store.GuardedAsync(async () =>
    {
        Names.Check(name, "base");
        try
        {
            return await store.Catalog.WriteAsync(
                writer =>
                {
                    var removed = writer.Bases.Remove(name);
                    store.AuditWriter.Note(writer, "base.remove", null, name, AuditWriter.Deleted, removed.FreedBytes);
                    if (removed.Deleted)
                    {
                        store.Bases.MoveOut(removed.Id);
                    }

                    return removed;
                },
                cancellationToken);
        }
        finally
        {
            await RemoveUnfinishedAsync();
        }
    });

    /// <summary>
    /// Removes files of bases whose addition was interrupted or refused. Failures are ignored: the next opening tries again.
    /// </summary>
    public async Task RemoveUnfinishedAsync()
    {
        var unfinished = store.Bases.Unfinished();
        if (unfinished.Count == 0)
        {
            return;
        }

        try
        {
            if (await store.ReadAsync(view => unfinished.Any(id => !view.Bases.Exists(id))))
            {
                // After a crash, a failed commit could still be found in the log. Another commit replaces it before the files are removed.
                await store.Catalog.WriteAsync(
                    writer =>
                    {
                        writer.Touch();
                        return true;
                    },
                    CancellationToken.None);
            }

            await store.Catalog.WriteAsync(
                writer =>
                {
                    store.Bases.RemoveUnfinished(id => writer.Bases.Exists(id));
                    return true;
                },
                CancellationToken.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FishException { Kind: ErrorKind.Unavailable })
        {
        }
    }
}
