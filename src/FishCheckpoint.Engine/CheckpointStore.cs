using FishCheckpoint.Access;
using FishCheckpoint.Engine.Access;
using FishCheckpoint.Engine.Maintenance;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Engine;

/// <summary>A store in the program's own process. <c>FishCheckpoint.Storage</c> opens one on SQLite and local files.</summary>
public sealed class CheckpointStore : IFishStore
{
    private readonly StoreContext context;
    private readonly StoreBases bases;
    private bool disposed;

    /// <summary>Composes a store from its ports, and takes ownership of the catalog and the base store.</summary>
    internal CheckpointStore(EngineOptions options, ICatalog catalog, IBaseStore baseStore, TaskCatalog tasks, StoreBackup backUp)
    {
        Identity = catalog.Identity;
        context = new StoreContext(options, catalog, baseStore, tasks, backUp);
        bases = new StoreBases(context);
        (Tasks, Checkpoints, States) = (new StoreTasks(context), new StoreCheckpoints(context), new StoreStates(context));
        (Reports, Maintenance, Events) = (new StoreReports(context), new StoreMaintenance(context), new StoreEvents(context));
    }

    /// <inheritdoc/>
    public IBases Bases => bases;

    /// <inheritdoc/>
    public ITasks Tasks { get; }

    /// <inheritdoc/>
    public ICheckpoints Checkpoints { get; }

    /// <inheritdoc/>
    public IStates States { get; }

    /// <inheritdoc/>
    public IReports Reports { get; }

    /// <inheritdoc/>
    public IMaintenance Maintenance { get; }

    /// <inheritdoc/>
    public IEvents Events { get; }

    /// <summary>The keys, quotas and audit log of the store.</summary>
    public StoreAccess Access => context.Access;

    IAccessControl IFishStore.Access => Access;

    /// <summary>The options that opened the store.</summary>
    public EngineOptions Options => context.Options;

    /// <summary>The store's identity, 32 hexadecimal digits. Backups, restored copies and repaired stores keep it.</summary>
    public string Identity { get; }

    /// <summary>
    /// Whether the store is read-only, because this user may not write to its folder: every change throws
    /// <see cref="ErrorCode.StoreReadOnly"/>.
    /// </summary>
    public bool IsReadOnly => context.Catalog.IsReadOnly;

    /// <summary>Throws if the database was removed or replaced. Every write does so too.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public void RequireInPlace() => context.Catalog.RequireInPlace();

    /// <summary>Throws if the store is read-only. Call it before reading a request body or encoding.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>.</exception>
    public void RequireWritable() => context.RequireWritable();

    /// <summary>Frees bytes on the disk by ending the grace of the oldest deletions first; these cannot be undone afterwards.</summary>
    /// <param name="bytes">The bytes to free. Nothing happens if all deletions together have fewer.</param>
    /// <param name="cancellationToken">Cancels; freed bytes stay free.</param>
    /// <returns>The bytes by which the store shrank.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>.</exception>
    public Task<long> MakeRoomAsync(long bytes, CancellationToken cancellationToken = default) => context.GuardedAsync(() =>
    {
        context.RequireWritable();
        return context.Room.FreeAsync(bytes, cancellationToken);
    });

    /// <summary>
    /// The time of the last full verification of any item; <see langword="null"/> if there was none. Reads the row of every stored item.
    /// </summary>
    public Task<DateTimeOffset?> LastVerifiedAsync(CancellationToken cancellationToken = default) =>
        context.ReadAsync(view => view.Verification.Last());

    /// <summary>
    /// Completes what a crash interrupted, and measures bases that an earlier version stored. Called once, before the store is used.
    /// </summary>
    internal async Task RecoverAsync(CancellationToken cancellationToken)
    {
        await bases.RemoveUnfinishedAsync();
        await BaseMeasure.BackfillAsync(context.Catalog, context.Bases, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref disposed, true))
        {
            context.Dispose();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
