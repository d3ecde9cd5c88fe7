using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine;
using FishCheckpoint.Engine.Access;
using FishCheckpoint.Engine.Maintenance;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Backups;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Folders;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Totals;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Storage;

/// <summary>
/// The store on one machine: SQLite for everything but the bases' bytes, which are files beside it. Several processes may open one data folder.
/// </summary>
public sealed class SqliteCheckpointStore : IFishStore
{
    private readonly StoreContext context;
    private readonly StoreBases bases;
    private bool disposed;

    private SqliteCheckpointStore(StoreContext context)
    {
        (this.context, bases) = (context, new StoreBases(context));
        (Tasks, Checkpoints, States) = (new StoreTasks(context), new StoreCheckpoints(context), new StoreStates(context));
        (Reports, Maintenance, Events) = (new StoreReports(context), new StoreMaintenance(context), new StoreEvents(context));
        Identity = context.Catalog.Identity;
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

    /// <summary>The keys, quotas and audit log of the data folder.</summary>
    public StoreAccess Access => context.Access;

    IAccessControl IFishStore.Access => Access;

    /// <summary>What the store was opened with.</summary>
    public StoreOptions Options => (StoreOptions)context.Options;

    /// <summary>The store's identity, 32 hexadecimal digits: that of the original, in every backup, restored folder and repair of it.</summary>
    public string Identity { get; }

    /// <summary>
    /// Whether the store can only be read, because this user may not write its folder: everything that changes something is refused with
    /// <see cref="ErrorCode.StoreReadOnly"/>.
    /// </summary>
    public bool IsReadOnly => context.Catalog.IsReadOnly;

    /// <summary>Refuses to go on if the database's file was removed or replaced. Every write asks the same.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public void RequireInPlace() => context.Catalog.RequireInPlace();

    /// <summary>Refuses to go on if the store can only be read: to be asked before a body is read, or anything is encoded.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>.</exception>
    public void RequireWritable() => context.RequireWritable();

    /// <summary>Opens the store of a data folder; creates it unless the options forbid that, and migrates one of an earlier program.</summary>
    /// <param name="options">Where it lies and what it allows.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreNotFound"/>, <see cref="ErrorCode.StoreTooNew"/>, <see cref="ErrorCode.StoreIncomplete"/>,
    /// <see cref="ErrorCode.CorruptStore"/>, <see cref="ErrorCode.StorageUnavailable"/>; <see cref="ErrorCode.StoreReadOnly"/>: it can only be read, and would have to be
    /// migrated.</exception>
    public static Task<SqliteCheckpointStore> OpenAsync(StoreOptions options, CancellationToken cancellationToken = default) => Task.Run(
        async () =>
        {
            try
            {
                return StoreFolder.Prepare(options.DataFolder, options.MustExist) ? OpenReadOnly(options) : await Open(options, cancellationToken);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new FishException(
                    ErrorCode.StorageUnavailable, options.DataFolder, error.Message, "Choose a data folder that this user may read, and write if it is to change.", error);
            }
            catch (CatalogException error)
            {
                throw error.Refusal;
            }
        },
        cancellationToken);

    private static async Task<SqliteCheckpointStore> Open(StoreOptions options, CancellationToken cancellationToken)
    {
        if (options.DeletionGrace < TimeSpan.Zero)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, nameof(options.DeletionGrace), $"Deletions cannot have a grace of {options.DeletionGrace}.", "Give 0 for none, or more.");
        }

        var opened = Database.Open(options.DataFolder, options.DiskSpace, options.Trace);
        BaseFolder? files = null;
        SqliteCheckpointStore? store = null;
        try
        {
            files = options.OpenBases();

            // From here on others see that the store is open: none begins to replace it.
            Incomplete.RequireNone(options.DataFolder);
            store = new SqliteCheckpointStore(ContextOf(options, opened, files));
            await store.bases.RemoveUnfinishedAsync();
            await BaseMeasure.BackfillAsync(opened, files, cancellationToken);
            await TotalsKeeper.BackfillAsync(opened, store.context.Tasks, cancellationToken);
            return store;
        }
        catch
        {
            store?.Access.Dispose();
            store?.context.Room.Dispose();
            files?.Dispose();
            opened.Dispose();
            throw;
        }
    }

    private static StoreContext ContextOf(StoreOptions options, Database database, BaseFolder files)
    {
        var known = new TaskCatalog();
        database.BeforeCommit = new TotalsKeeper(known, options.Time, database.OpenSnapshot).Settle;
        return new StoreContext(options, database, files, known, async (wanted, cancellation) =>
        {
            var report = new Backup(database, files, options, options.DataFolder).Run(wanted, cancellation);
            if (wanted.Verify != BackupVerification.Full)
            {
                return report;
            }

            await using var copy = await OpenAsync(new StoreOptions { DataFolder = wanted.To, Progress = options.Progress }, cancellation);
            var found = (await copy.Maintenance.VerifyAsync(null, cancellation)).Damaged.Select(damage => new DamagedFrame(damage.Key, damage.Problem));
            return report with { Damaged = [.. report.Damaged, .. found], Verified = BackupVerification.Full };
        });
    }

    private static SqliteCheckpointStore OpenReadOnly(StoreOptions options)
    {
        var opened = Database.OpenReadOnly(options.DataFolder, options.DiskSpace);
        var temporary = Directory.CreateTempSubdirectory("fish-").FullName;
        BaseFolder? files = null;
        try
        {
            var elsewhere = options with { TemporaryRoot = temporary };
            files = elsewhere.OpenBases();
            return new SqliteCheckpointStore(ContextOf(elsewhere, opened, files));
        }
        catch
        {
            files?.Dispose();
            opened.Dispose();
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    /// <summary>Gives so many bytes back to the disk by ending the grace of what was deleted first: nothing of that can be brought back
    /// then.</summary>
    /// <param name="bytes">How many are wanted. Nothing is done where all that is deleted does not take that many.</param>
    /// <param name="cancellationToken">Ends the work; what was given back stays so.</param>
    /// <returns>The bytes by which the database's files have shrunk.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>.</exception>
    public Task<long> MakeRoomAsync(long bytes, CancellationToken cancellationToken = default) => context.GuardedAsync(() =>
    {
        context.RequireWritable();
        return context.Room.FreeAsync(bytes, cancellationToken);
    });

    /// <summary>When something stored was last verified in full; <see langword="null"/>: nothing that is known was. Looks at every stored
    /// thing's row.</summary>
    public Task<DateTimeOffset?> LastVerifiedAsync(CancellationToken cancellationToken = default) => context.ReadAsync(view => view.Verification.Last());

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, true))
        {
            return;
        }

        context.Dispose();
        if (Options.TemporaryRoot is { } temporary)
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
