using FishCheckpoint.Access;
using FishCheckpoint.Engine.Access;
using FishCheckpoint.Engine.Maintenance;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Engine;

/// <summary>
/// The store in the program's own process, wherever its rows and bytes lie. <c>FishCheckpoint.Storage</c> opens one on SQLite and local
/// files.
/// </summary>
public sealed class CheckpointStore : IFishStore
{
    private readonly StoreContext context;
    private readonly StoreBases bases;
    private bool disposed;

    /// <summary>Composes a store of its ports, and owns the catalog and the base store from then on.</summary>
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

    /// <summary>What the store was opened with.</summary>
    public EngineOptions Options => context.Options;

    /// <summary>
    /// The store's identity, 32 hexadecimal digits: that of the original, in every backup, restored folder and repair of it.
    /// </summary>
    public string Identity { get; }

    /// <summary>
    /// Whether the store can only be read, because this user may not write where it lies: every change is refused with
    /// <see cref="ErrorCode.StoreReadOnly"/>.
    /// </summary>
    public bool IsReadOnly => context.Catalog.IsReadOnly;

    /// <summary>Refuses to go on if the database was removed or replaced. Every write asks the same.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public void RequireInPlace() => context.Catalog.RequireInPlace();

    /// <summary>Refuses to go on if the store can only be read. Ask it before a body is read, or anything is encoded.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>.</exception>
    public void RequireWritable() => context.RequireWritable();

    /// <summary>
    /// Returns bytes to the disk by ending the grace of what was deleted first: none of that can be brought back afterwards.
    /// </summary>
    /// <param name="bytes">How many are wanted. Nothing is done if all that is deleted takes fewer.</param>
    /// <param name="cancellationToken">Ends the work; what was returned stays so.</param>
    /// <returns>The bytes by which the store has shrunk.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>.</exception>
    public Task<long> MakeRoomAsync(long bytes, CancellationToken cancellationToken = default) => context.GuardedAsync(() =>
    {
        context.RequireWritable();
        return context.Room.FreeAsync(bytes, cancellationToken);
    });

    /// <summary>
    /// When anything stored was last verified in full; <see langword="null"/> if nothing was. Reads the row of every stored thing.
    /// </summary>
    public Task<DateTimeOffset?> LastVerifiedAsync(CancellationToken cancellationToken = default) =>
        context.ReadAsync(view => view.Verification.Last());

    /// <summary>
    /// Ends what a crash has left unfinished, and measures bases that an earlier program has stored: once, before the store is used.
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
