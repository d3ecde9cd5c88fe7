using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Access;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Checkpoints;
using FishCheckpoint.Storage.Collection;
using FishCheckpoint.Storage.Deletion;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Tasks;
using FishCheckpoint.Storage.Totals;

namespace FishCheckpoint.Storage;

/// <summary>What the parts of an open store share. Belongs to the store, which disposes it.</summary>
internal sealed class StoreContext : IDisposable
{
    public StoreContext(StoreOptions options, Database database, BaseFolder folder)
    {
        (Options, Database, Folder) = (options, database, folder);
        Tasks = new TaskTable(Bases);
        Parents = new ParentCache(options.ParentCacheBytes);
        Ledger = new Ledger(options);
        Collector = new Collector(database, folder, Tasks, Ledger, options);
        Room = new GraceRoom(database, Collector, options);
        Access = new StoreAccess(database, options);
        database.BeforeCommit = new TotalsKeeper(Tasks, options.Time, database.OpenSnapshot).Settle;
    }

    public StoreOptions Options { get; }

    public Database Database { get; }

    public BaseFolder Folder { get; }

    public BaseTable Bases { get; } = new();

    public TaskTable Tasks { get; }

    public ParentCache Parents { get; }

    public Ledger Ledger { get; }

    public Collector Collector { get; }

    public GraceRoom Room { get; }

    public StoreAccess Access { get; }

    public DateTimeOffset Now => Options.Time.GetUtcNow();

    /// <summary>Refuses to go on if the store can only be read.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>.</exception>
    public void RequireWritable()
    {
        if (Database.IsReadOnly)
        {
            throw ReadOnlyConnection.Refusal(Options.DataFolder);
        }
    }

    public TaskContext Context(CatalogConnection connection, string task) => Tasks.Context(connection, Names.Check(task, "task"));

    public Task<CheckpointInfo> GetCheckpointAsync(string task, StepRef step) => ReadAsync(connection =>
        CheckpointTable.Find(connection, Context(connection, task), step).ToInfo(connection, task));

    public Task<IModelReader> OpenModelAsync(Func<CatalogConnection, (TaskContext Task, CheckpointRow? Checkpoint)> find) =>
        GuardedAsync<IModelReader>(() =>
        {
            var snapshot = Database.OpenSnapshot();
            OpenedState? state = null;
            try
            {
                var (task, checkpoint) = find(snapshot.Connection);
                state = OpenedState.Open(snapshot.Connection, Folder, task, checkpoint);
                var output = checkpoint is not null ? CheckpointTable.OutputOf(
                    snapshot.Connection, task, checkpoint) : task.IsBase ? task.Base.Files : task.Layout.Files;
                var info = checkpoint is { IsHidden: false } && checkpoint.TaskId == task.Id ? checkpoint.ToInfo(
                    snapshot.Connection, task.Name) : null;
                return Task.FromResult<IModelReader>(new StoredModelReader(snapshot, state, task, Folder, output, info));
            }
            catch
            {
                state?.Dispose();
                snapshot.Dispose();
                throw;
            }
        });

    public Task<T> ReadAsync<T>(Func<CatalogConnection, T> work) => GuardedAsync(() => Task.FromResult(Database.Read(work)));

    public Task<T> WriteAsync<T>(Func<CatalogConnection, T> work, CancellationToken cancellationToken) =>
        GuardedAsync(() => Database.WriteAsync(work, cancellationToken));

    public AsyncPageable<T> List<T>(
        Func<CatalogConnection, PageRequest, Page<T>> read, PageRequest? page, CancellationToken cancellationToken) =>
        new((part, _) => ReadAsync(connection => read(connection, part.Checked())), page, cancellationToken);

    // Off the caller's thread, and with the disk's and the database's errors in the words of this system.
    public static Task<T> GuardedAsync<T>(Func<Task<T>> work) => Task.Run(async () =>
    {
        try
        {
            return await work();
        }
        catch (CatalogException error)
        {
            throw error.Refusal;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FishException(
                ErrorCode.StorageUnavailable, "data folder", error.Message,
                Space.IsFull(
                    error) ? Space.WhatToDo : "Check the disk's space and permissions, and try again; nothing was changed.", error);
        }
    });

    public void Dispose()
    {
        Access.Dispose();
        Room.Dispose();
        Database.Dispose();
        Folder.Dispose();
    }
}
