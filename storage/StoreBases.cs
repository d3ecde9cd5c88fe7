using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Access;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Tasks;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Storage;

/// <summary>The bases of a data folder.</summary>
internal sealed class StoreBases(StoreContext store) : IBases
{
    /// <inheritdoc/>
    public Task<Saved<BaseInfo>> AddAsync(string name, IAsyncEnumerable<UploadFile> files, CancellationToken cancellationToken =
        default) => StoreContext.GuardedAsync(async () =>
    {
        store.RequireWritable();
        Names.Check(name, "base");
        await store.Room.KeepReserveAsync(cancellationToken);
        var upload = store.Folder.CreateUploadFolder();
        try
        {
            var receiver = new BaseReceiver(store.Options, upload);
            var content = await receiver.ReceiveAsync(files, cancellationToken);
            var leftOut = receiver.LeftOut is { Count: > 0 } left ? left : null;
            return await store.Database.WriteAsync(
                connection =>
                {
                    BaseTable.RequireName(connection, name, content.Id);
                    var isNew = !BaseTable.Exists(connection, content.Id);
                    var created = BaseTable.Insert(connection, name, content, store.Now);
                    store.Ledger.Added(connection, name, content.Id, content.AllFiles.Sum(file => file.Bytes), created, isNew);
                    store.Folder.MoveIn(upload, content);
                    BaseMeasure.Note(connection, store.Folder, content.Id);
                    return new Saved<BaseInfo>(BaseTable.Info(connection, content.Id, name) with { LeftOut = leftOut }, created);
                },
                cancellationToken);
        }
        finally
        {
            if (Directory.Exists(upload))
            {
                Directory.Delete(upload, recursive: true);
            }

            await RemoveUnfinishedAsync();
        }
    });

    /// <inheritdoc/>
    public Task<BaseInfo> GetAsync(string nameOrId, CancellationToken cancellationToken = default) => store.ReadAsync(connection =>
    {
        var id = BaseTable.Resolve(connection, nameOrId);
        return BaseTable.Info(connection, id, id.ToString() == nameOrId ? null : nameOrId);
    });

    /// <inheritdoc/>
    public AsyncPageable<BaseInfo> ListAsync(PageRequest? page = null, CancellationToken cancellationToken = default) =>
        store.List(BaseTable.List, page, cancellationToken);

    /// <inheritdoc/>
    public Task<IModelReader> OpenAsync(
        string nameOrId, CancellationToken cancellationToken = default) => store.OpenModelAsync(connection =>
    {
        var content = store.Bases.Content(connection, BaseTable.Resolve(connection, nameOrId));
        var layout = TaskLayout.Create(content.Files, new Dictionary<string, OwnTensor?>(StringComparer.Ordinal));
        return (new TaskContext(TaskContext.BaseAlone, nameOrId, content, layout, null), null);
    });

    /// <inheritdoc/>
    public Task<RemovedBase> DeleteAsync(
        string name, CancellationToken cancellationToken = default) => StoreContext.GuardedAsync(async () =>
    {
        Names.Check(name, "base");
        try
        {
            return await store.Database.WriteAsync(
                connection =>
                {
                    var removed = BaseTable.Remove(connection, name);
                    store.Ledger.Note(connection, "base.remove", null, name, Ledger.Deleted, removed.FreedBytes);
                    if (removed.Deleted)
                    {
                        store.Folder.MoveOut(removed.Id);
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

    /// <summary>Removes files of bases whose adding was ended by a crash or a refusal. The next opening removes what cannot be removed
    /// now.</summary>
    public async Task RemoveUnfinishedAsync()
    {
        var unsettled = store.Folder.Unsettled();
        if (unsettled.Count == 0)
        {
            return;
        }

        try
        {
            if (await store.ReadAsync(connection => unsettled.Any(id => !BaseTable.Exists(connection, id))))
            {
                // A commit that failed may still lie in the log, and would be found there after a crash: another one takes its place before
                // the files go.
                await store.Database.WriteAsync(
                    connection =>
                    {
                        Database.Touch(connection);
                        return true;
                    },
                    CancellationToken.None);
            }

            await store.Database.WriteAsync(
                connection =>
                {
                    store.Folder.Settle(id => BaseTable.Exists(connection, id));
                    return true;
                },
                CancellationToken.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FishException { Kind: ErrorKind.Unavailable })
        {
        }
    }
}
