using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;
using FishCheckpoint.Storage.Access;
using FishCheckpoint.Storage.Backups;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Totals;

namespace FishCheckpoint.Storage;

/// <summary>
/// The store on one machine: SQLite for everything but the bases' bytes, which are files beside it. Several processes may open one data folder.
/// </summary>
public sealed class SqliteCheckpointStore : ICheckpointStore, IStorageReports, ICheckpointRecoding, ICheckpointFolding, ICheckpointCollector, IStoreVerification, IStoreBackups,
    ITaskEvents, IBoundedDeltas, IStateComparison, IDeletedCheckpoints
{
    private readonly StoreContext context;
    private readonly StoreBases bases;
    private readonly StoreTasks tasks;
    private readonly StoreCheckpoints checkpoints;
    private readonly StoreStates states;
    private readonly StoreReports reports;
    private readonly StoreMaintenance maintenance;
    private readonly StoreEvents events;

    private SqliteCheckpointStore(StoreContext context)
    {
        this.context = context;
        (bases, tasks, checkpoints, states) = (
            new StoreBases(context), new StoreTasks(context), new StoreCheckpoints(context), new StoreStates(context));
        (reports, maintenance, events) = (new StoreReports(context), new StoreMaintenance(context), new StoreEvents(context));
        using var snapshot = context.Database.OpenSnapshot();
        Identity = StoreIdentity.Read(snapshot.Connection);
    }

    /// <summary>What the store was opened with.</summary>
    public StoreOptions Options => context.Options;

    /// <summary>The store's identity, 32 hexadecimal digits: that of the original, in every backup, restored folder and repair of it.</summary>
    public string Identity { get; }

    /// <summary>
    /// Whether the store can only be read, because this user may not write its folder: everything that changes something is refused with
    /// <see cref="ErrorCode.StoreReadOnly"/>.
    /// </summary>
    public bool IsReadOnly => context.Database.IsReadOnly;

    /// <summary>Refuses to go on if the database's file was removed or replaced. Every write asks the same.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public void RequireInPlace() => context.Database.RequireInPlace();

    /// <summary>Refuses to go on if the store can only be read: to be asked before a body is read, or anything is encoded.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>.</exception>
    public void RequireWritable() => context.RequireWritable();

    /// <summary>The keys, quotas and audit log of the data folder.</summary>
    public StoreAccess Access => context.Access;

    /// <summary>Opens the store of a data folder; creates it unless the options forbid that, and migrates one of an earlier program.</summary>
    /// <param name="options">Where it lies and what it allows.</param>
    /// <param name="cancellation">Ends the opening.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreNotFound"/>, <see cref="ErrorCode.StoreTooNew"/>, <see cref="ErrorCode.StoreIncomplete"/>,
    /// <see cref="ErrorCode.CorruptStore"/>, <see cref="ErrorCode.StorageUnavailable"/>; <see cref="ErrorCode.StoreReadOnly"/>: it can only be read, and would have to be
    /// migrated.</exception>
    public static Task<SqliteCheckpointStore> OpenAsync(StoreOptions options, CancellationToken cancellation = default) => Task.Run(
        async () =>
        {
            try
            {
                return StoreFolder.Prepare(options) ? OpenReadOnly(options) : await Open(options, cancellation);
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
        cancellation);

    private static async Task<SqliteCheckpointStore> Open(StoreOptions options, CancellationToken cancellation)
    {
        if (options.DeletionGrace < TimeSpan.Zero)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, nameof(options.DeletionGrace), $"Deletions cannot have a grace of {options.DeletionGrace}.", "Give 0 for none, or more.");
        }

        var opened = Database.Open(options.DataFolder, options.Trace);
        BaseFolder? files = null;
        SqliteCheckpointStore? store = null;
        try
        {
            files = new BaseFolder(options);

            // From here on others see that the store is open: none begins to replace it.
            Incomplete.RequireNone(options.DataFolder);
            store = new SqliteCheckpointStore(new StoreContext(options, opened, files));
            await store.bases.RemoveUnfinishedAsync();
            await store.CatchUpAsync(cancellation);
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

    private static SqliteCheckpointStore OpenReadOnly(StoreOptions options)
    {
        var opened = Database.OpenReadOnly(options.DataFolder);
        var temporary = Directory.CreateTempSubdirectory("fish-").FullName;
        BaseFolder? files = null;
        try
        {
            var elsewhere = options with { TemporaryRoot = temporary };
            files = new BaseFolder(elsewhere);
            return new SqliteCheckpointStore(new StoreContext(elsewhere, opened, files));
        }
        catch
        {
            files?.Dispose();
            opened.Dispose();
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<IModelReader> OpenAsync(string task, StepRef step, CancellationToken cancellation = default) =>
        states.OpenAsync(task, step, cancellation);

    /// <inheritdoc/>
    public Task<Saved<BaseInfo>> AddBaseAsync(string name, IAsyncEnumerable<UploadFile> files, CancellationToken cancellation = default) =>
        bases.AddAsync(name, files, cancellation);

    /// <inheritdoc/>
    public Task<BaseInfo> GetBaseAsync(string nameOrId, CancellationToken cancellation = default) =>
        bases.GetAsync(nameOrId, cancellation);

    /// <inheritdoc/>
    public Task<Page<BaseInfo>> ListBasesAsync(PageRequest page, CancellationToken cancellation = default) =>
        bases.ListAsync(page, cancellation);

    /// <inheritdoc/>
    public Task<IModelReader> OpenBaseAsync(string nameOrId, CancellationToken cancellation = default) =>
        bases.OpenAsync(nameOrId, cancellation);

    /// <inheritdoc/>
    public Task<RemovedBase> DeleteBaseAsync(string name, CancellationToken cancellation = default) =>
        bases.DeleteAsync(name, cancellation);

    /// <inheritdoc/>
    public Task<Saved<TaskInfo>> PutTaskAsync(string task, TaskSpec spec, CancellationToken cancellation = default) =>
        tasks.PutAsync(task, spec, cancellation);

    /// <inheritdoc/>
    public Task<TaskInfo> ChangeTaskAsync(string task, JsonElement patch, bool dryRun = false, CancellationToken cancellation = default) =>
        tasks.ChangeAsync(task, patch, dryRun, cancellation);

    /// <inheritdoc/>
    public Task<TaskInfo> GetTaskAsync(string task, CancellationToken cancellation = default) =>
        tasks.GetAsync(task, cancellation);

    /// <inheritdoc/>
    public Task<Page<TaskInfo>> ListTasksAsync(PageRequest page, CancellationToken cancellation = default) =>
        tasks.ListAsync(page, cancellation);

    /// <inheritdoc/>
    public Task DeleteTaskAsync(string task, CancellationToken cancellation = default) =>
        tasks.DeleteAsync(task, cancellation);

    /// <inheritdoc/>
    public Task<Saved<CheckpointInfo>> SaveAsync(
        string task, long step, CheckpointContent content, SaveOptions? options = null, CancellationToken cancellation = default) =>
        checkpoints.SaveAsync(task, step, content, options, cancellation);

    /// <inheritdoc/>
    public Task<CheckpointInfo> GetCheckpointAsync(string task, StepRef step, CancellationToken cancellation = default) =>
        checkpoints.GetAsync(task, step, cancellation);

    /// <inheritdoc/>
    public Task<Page<CheckpointInfo>> ListCheckpointsAsync(string task, PageRequest page, CancellationToken cancellation = default) =>
        checkpoints.ListAsync(task, page, cancellation);

    /// <inheritdoc/>
    public Task DeleteCheckpointAsync(string task, StepRef step, CancellationToken cancellation = default) =>
        checkpoints.DeleteAsync(task, step, cancellation);

    /// <inheritdoc/>
    public Task<Page<DeletedCheckpoint>> ListDeletedAsync(string task, PageRequest page, CancellationToken cancellation = default) =>
        checkpoints.ListDeletedAsync(task, page, cancellation);

    /// <inheritdoc/>
    public Task<Page<DeletedTask>> ListDeletedTasksAsync(PageRequest page, CancellationToken cancellation = default) =>
        tasks.ListDeletedAsync(page, cancellation);

    /// <inheritdoc/>
    public Task<Undeleted> UndeleteAsync(
        string task, long step, UndeleteOptions? options = null, CancellationToken cancellation = default) =>
        checkpoints.UndeleteAsync(task, step, options, cancellation);

    /// <inheritdoc/>
    public Task<TaskInfo> UndeleteTaskAsync(string task, string? asTask = null, CancellationToken cancellation = default) =>
        tasks.UndeleteAsync(task, asTask, cancellation);

    /// <inheritdoc/>
    public Task<IModelReader> OpenStartAsync(string task, CancellationToken cancellation = default) =>
        states.OpenBranchPointAsync(task, cancellation);

    /// <inheritdoc/>
    public Task<EncodedDelta> OpenDeltaAsync(string task, StepRef to, StateRef from = default, CancellationToken cancellation = default) =>
        states.OpenDeltaAsync(task, to, from, cancellation);

    /// <inheritdoc/>
    public Task<EncodedDelta?> OpenDeltaWithinAsync(
        string task, StepRef to, StateRef from, long maxBytes, CancellationToken cancellation = default) =>
        states.OpenDeltaAsync(task, to, from, maxBytes, cancellation);

    /// <inheritdoc/>
    public Task<ChangeReport> CompareAsync(string task, StepRef to, StateRef from = default, CancellationToken cancellation = default) =>
        states.CompareAsync(task, to, from, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<TaskEvent> FollowAsync(string task, long? after = null, CancellationToken cancellation = default) =>
        events.FollowAsync(task, after, cancellation);

    /// <inheritdoc/>
    public Task<Saved<StateInfo>> PutStateAsync(string task, StepRef step, Stream content, CancellationToken cancellation = default) =>
        states.PutTrainerStateAsync(task, step, content, cancellation);

    /// <inheritdoc/>
    public Task<Stream> OpenStateAsync(string task, StepRef step, CancellationToken cancellation = default) =>
        states.OpenTrainerStateAsync(task, step, cancellation);

    /// <inheritdoc/>
    public Task SetTagAsync(string task, string tag, StepRef step, CancellationToken cancellation = default) =>
        checkpoints.SetTagAsync(task, tag, step, cancellation);

    /// <inheritdoc/>
    public Task RemoveTagAsync(string task, string tag, CancellationToken cancellation = default) =>
        checkpoints.RemoveTagAsync(task, tag, cancellation);

    /// <inheritdoc/>
    public Task SetPinAsync(string task, StepRef step, bool pinned, CancellationToken cancellation = default) =>
        checkpoints.SetPinAsync(task, step, pinned, cancellation);

    /// <inheritdoc/>
    public Task<VerifyResult> VerifyAsync(string task, StepRef step, CancellationToken cancellation = default) =>
        maintenance.VerifyCheckpointAsync(task, step, cancellation);

    /// <inheritdoc/>
    public Task<StorageReport> ReportAsync(string? task = null, CancellationToken cancellation = default) =>
        reports.GetStorageAsync(task, cancellation);

    /// <inheritdoc/>
    public Task<StorageReport> ReportBaseAsync(string nameOrId, CancellationToken cancellation = default) =>
        reports.GetBaseAsync(nameOrId, cancellation);

    /// <inheritdoc/>
    public Task<Page<TensorReport>> ReportTensorsAsync(string task, PageRequest page, CancellationToken cancellation = default) =>
        reports.ListTensorsAsync(task, page, cancellation);

    /// <inheritdoc/>
    public Task<GrowthReport> ReportGrowthAsync(GrowthRequest? request = null, CancellationToken cancellation = default) =>
        reports.GetGrowthAsync(request, cancellation);

    /// <inheritdoc/>
    public Task<TimelineReport> ReportTimelineAsync(string task, TimelineRequest? request = null, CancellationToken cancellation = default) =>
        reports.GetTimelineAsync(task, request, cancellation);

    /// <inheritdoc/>
    public Task<RecodeResult> RecodeAsync(RecodeOptions? options = null, CancellationToken cancellation = default) =>
        maintenance.RecodeAsync(options, cancellation);

    /// <inheritdoc/>
    public Task<VerifyReport> VerifyStoreAsync(VerifyOptions? options = null, CancellationToken cancellation = default) =>
        maintenance.VerifyAsync(options, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<KnownDamage>> ListDamageAsync(CancellationToken cancellation = default) =>
        maintenance.ListDamageAsync(cancellation);

    /// <inheritdoc/>
    public Task<BackupReport> BackupAsync(BackupOptions options, CancellationToken cancellation = default) =>
        maintenance.BackupAsync(options, cancellation);

    /// <inheritdoc/>
    public Task<FoldResult> FoldAsync(FoldOptions? options = null, CancellationToken cancellation = default) =>
        maintenance.FoldAsync(options, cancellation);

    /// <inheritdoc/>
    public Task<CollectResult> CollectAsync(CollectOptions? options = null, CancellationToken cancellation = default) =>
        maintenance.CollectAsync(options, cancellation);

    /// <summary>Gives so many bytes back to the disk by ending the grace of what was deleted first: nothing of that can be brought back
    /// then.</summary>
    /// <param name="bytes">How many are wanted. Nothing is done where all that is deleted does not take that many.</param>
    /// <param name="cancellation">Ends the work; what was given back stays so.</param>
    /// <returns>The bytes by which the database's files have shrunk.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>.</exception>
    public Task<long> MakeRoomAsync(long bytes, CancellationToken cancellation = default) => StoreContext.GuardedAsync(() =>
    {
        context.RequireWritable();
        return context.Room.FreeAsync(bytes, cancellation);
    });

    /// <summary>When something stored was last verified in full; <see langword="null"/>: nothing that is known was. Looks at every stored
    /// thing's row.</summary>
    public Task<DateTimeOffset?> LastVerifiedAsync(CancellationToken cancellation = default) => context.ReadAsync(VerifiedTable.Last);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        context.Dispose();
        if (Options.TemporaryRoot is { } temporary)
        {
            Directory.Delete(temporary, recursive: true);
        }

        return ValueTask.CompletedTask;
    }

    // What a store of an earlier program has not counted yet.
    private async Task CatchUpAsync(CancellationToken cancellation)
    {
        await BaseMeasure.CatchUpAsync(context.Database, context.Folder, cancellation);
        await TotalsKeeper.CatchUpAsync(context.Database, context.Tasks, cancellation);
    }
}
