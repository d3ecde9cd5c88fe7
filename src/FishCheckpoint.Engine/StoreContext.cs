using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Access;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Maintenance.Collection;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine;

/// <summary>The shared parts of an open store. The store disposes it.</summary>
internal sealed class StoreContext : IDisposable
{
    public StoreContext(EngineOptions options, ICatalog catalog, IBaseStore bases, TaskCatalog tasks, StoreBackup backUp)
    {
        (Options, Catalog, Bases, Tasks, BackUp) = (options, catalog, bases, tasks, backUp);
        Parents = new ParentCache(options.ParentCacheBytes);
        AuditWriter = new AuditWriter(options);
        GarbageCollector = new GarbageCollector(catalog, bases, Tasks, AuditWriter, options);
        Room = new GraceRoom(catalog, GarbageCollector, options);
        Access = new StoreAccess(catalog, options);
    }

    public EngineOptions Options { get; }

    public ICatalog Catalog { get; }

    public IBaseStore Bases { get; }

    public TaskCatalog Tasks { get; }

    public ParentCache Parents { get; }

    public AuditWriter AuditWriter { get; }

    public GarbageCollector GarbageCollector { get; }

    public GraceRoom Room { get; }

    public StoreAccess Access { get; }

    public StoreBackup BackUp { get; }

    public DateTimeOffset Now => Options.Time.GetUtcNow();

    /// <summary>Throws if the store is read-only.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>.</exception>
    public void RequireWritable() => Catalog.RequireWritable();

    public TaskContext Context(ICatalogView view, string task) => Tasks.Context(view, Names.Check(task, "task"));

    public Task<CheckpointInfo> GetCheckpointAsync(string task, StepRef step) => ReadAsync(view =>
        view.Checkpoints.Find(Context(view, task), step).ToInfo(view, task));

    public Task<IModelReader> OpenModelAsync(Func<ICatalogView, (TaskContext Task, CheckpointRow? Checkpoint)> find) =>
        GuardedAsync<IModelReader>(() =>
        {
            var snapshot = Catalog.OpenSnapshot();
            OpenedState? state = null;
            try
            {
                var (task, checkpoint) = find(snapshot.View);
                state = OpenedState.Open(snapshot.View, Bases, task, checkpoint);
                var output = checkpoint is not null ? snapshot.View.OutputOf(task, checkpoint) : task.IsBase
                    ? task.Base.Files : task.Layout.Files;
                var info = checkpoint is { IsTombstone: false } && checkpoint.TaskId == task.Id ? checkpoint.ToInfo(
                    snapshot.View, task.Name) : null;
                return Task.FromResult<IModelReader>(new StoredModelReader(snapshot, state, task, Bases, output, info));
            }
            catch
            {
                state?.Dispose();
                snapshot.Dispose();
                throw;
            }
        });

    public Task<T> ReadAsync<T>(Func<ICatalogView, T> work) => GuardedAsync(() => Task.FromResult(Catalog.Read(work)));

    public Task<T> WriteAsync<T>(Func<ICatalogWriter, T> work, CancellationToken cancellationToken) =>
        GuardedAsync(() => Catalog.WriteAsync(work, cancellationToken));

    public AsyncPageable<T> List<T>(
        Func<ICatalogView, PageRequest, Page<T>> read, PageRequest? page, CancellationToken cancellationToken) =>
        new((part, _) => ReadAsync(view => read(view, part.Validate())), page, cancellationToken);

    // Runs off the caller's thread, and turns errors of the disk and the database into those of this library.
    public Task<T> GuardedAsync<T>(Func<Task<T>> work) => Task.Run(async () =>
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
                Catalog.Space.IsFull(error)
                    ? Catalog.Space.WhatToDo : "Check the disk's space and permissions, and try again. Nothing was changed.", error);
        }
    });

    public void Dispose()
    {
        Access.Dispose();
        Room.Dispose();
        Catalog.Dispose();
        Bases.Dispose();
    }
}
