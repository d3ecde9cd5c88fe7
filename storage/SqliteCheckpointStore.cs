using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;
using FishCheckpoint.Storage.Access;
using FishCheckpoint.Storage.Backups;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Chains;
using FishCheckpoint.Storage.Checkpoints;
using FishCheckpoint.Storage.Collection;
using FishCheckpoint.Storage.Deletion;
using FishCheckpoint.Storage.Following;
using FishCheckpoint.Storage.Recoding;
using FishCheckpoint.Storage.Reports;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Tasks;
using FishCheckpoint.Storage.Telemetry;
using FishCheckpoint.Storage.Totals;
using FishCheckpoint.Storage.Verification;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage;

/// <summary>
/// The store on one machine: SQLite for everything but the bases' bytes, which are files beside it. Several processes may open one data folder.
/// </summary>
public sealed class SqliteCheckpointStore : ICheckpointStore, IStorageReports, ICheckpointRecoding, ICheckpointFolding, ICheckpointCollector, IStoreVerification, IStoreBackups,
    ITaskEvents, IBoundedDeltas, IStateComparison, IDeletedCheckpoints
{
    // Deletions that are made final by the way, by each deletion: so that they do not pile up where nobody collects.
    private const int FinalByTheWay = 2;

    // Tries that may be guessed from an earlier checkpoint, before one that is guessed from none.
    private const int MostGuesses = 3;

    // Those on a full disk, each of which has twice the room of the one before.
    private const int MostForRoom = 20;

    private readonly Database database;
    private readonly BaseFolder folder;
    private readonly BaseTable bases = new();
    private readonly ParentCache parents;
    private readonly TaskTable tasks;
    private readonly Ledger ledger;
    private readonly Collector collector;
    private readonly GraceRoom room;

    private SqliteCheckpointStore(StoreOptions options, Database database, BaseFolder folder)
    {
        (Options, this.database, this.folder) = (options, database, folder);
        tasks = new TaskTable(bases);
        parents = new ParentCache(options.ParentCacheBytes);
        (ledger, Access) = (new Ledger(options), new StoreAccess(database, options));
        collector = new Collector(database, folder, tasks, ledger, options);
        room = new GraceRoom(database, collector, options);
        database.BeforeCommit = new TotalsKeeper(tasks, options.Time, database.OpenSnapshot).Settle;
        using var snapshot = database.OpenSnapshot();
        Identity = StoreIdentity.Read(snapshot.Connection);
    }

    /// <summary>What the store was opened with.</summary>
    public StoreOptions Options { get; }

    /// <summary>The store's identity, 32 hexadecimal digits: that of the original, in every backup, restored folder and repair of it.</summary>
    public string Identity { get; }

    /// <summary>
    /// Whether the store can only be read, because this user may not write its folder: everything that changes something is refused with
    /// <see cref="ErrorCode.StoreReadOnly"/>.
    /// </summary>
    public bool IsReadOnly => database.IsReadOnly;

    /// <summary>Refuses to go on if the database's file was removed or replaced. Every write asks the same.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public void RequireInPlace() => database.RequireInPlace();

    /// <summary>Refuses to go on if the store can only be read: to be asked before a body is read, or anything is encoded.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>.</exception>
    public void RequireWritable()
    {
        if (IsReadOnly)
        {
            throw ReadOnlyConnection.Refusal(Options.DataFolder);
        }
    }

    /// <summary>The keys, quotas and audit log of the data folder.</summary>
    public StoreAccess Access { get; }

    private DateTimeOffset Now => Options.Time.GetUtcNow();

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
            store = new SqliteCheckpointStore(options, opened, files);
            await store.SettleBasesAsync();
            await store.CatchUpAsync(cancellation);
            return store;
        }
        catch
        {
            store?.Access.Dispose();
            store?.room.Dispose();
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
            return new SqliteCheckpointStore(elsewhere, opened, files);
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
    public Task<Saved<BaseInfo>> AddBaseAsync(string name, IAsyncEnumerable<UploadFile> files, CancellationToken cancellation = default) => Guarded(async () =>
    {
        RequireWritable();
        Names.Check(name, "base");
        await room.KeepReserveAsync(cancellation);
        var upload = folder.CreateUploadFolder();
        try
        {
            var receiver = new BaseReceiver(Options, upload);
            var content = await receiver.ReceiveAsync(files, cancellation);
            var leftOut = receiver.LeftOut is { Count: > 0 } left ? left : null;
            return await database.WriteAsync(
                connection =>
                {
                    BaseTable.RequireName(connection, name, content.Id);
                    var isNew = !BaseTable.Exists(connection, content.Id);
                    var created = BaseTable.Insert(connection, name, content, Now);
                    ledger.Added(connection, name, content.Id, content.AllFiles.Sum(file => file.Bytes), created, isNew);
                    folder.MoveIn(upload, content.Id);
                    BaseMeasure.Note(connection, folder, content.Id);
                    return new Saved<BaseInfo>(BaseTable.Info(connection, content.Id, name) with { LeftOut = leftOut }, created);
                },
                cancellation);
        }
        finally
        {
            if (Directory.Exists(upload))
            {
                Directory.Delete(upload, recursive: true);
            }

            await SettleBasesAsync();
        }
    });

    /// <inheritdoc/>
    public Task<BaseInfo> GetBaseAsync(string nameOrId, CancellationToken cancellation = default) => Read(connection =>
    {
        var id = BaseTable.Resolve(connection, nameOrId);
        return BaseTable.Info(connection, id, id.ToString() == nameOrId ? null : nameOrId);
    });

    /// <inheritdoc/>
    public Task<Page<BaseInfo>> ListBasesAsync(PageRequest page, CancellationToken cancellation = default) =>
        Read(connection => BaseTable.List(connection, page.Checked()));

    /// <inheritdoc/>
    public Task<IModelReader> OpenBaseAsync(string nameOrId, CancellationToken cancellation = default) => Open(connection =>
    {
        var content = bases.Content(connection, BaseTable.Resolve(connection, nameOrId));
        var layout = TaskLayout.Create(content.Files, new Dictionary<string, OwnTensor?>(StringComparer.Ordinal));
        return (new TaskContext(TaskContext.BaseAlone, nameOrId, content, layout, null), null);
    });

    /// <inheritdoc/>
    public Task<RemovedBase> DeleteBaseAsync(string name, CancellationToken cancellation = default) => Guarded(async () =>
    {
        Names.Check(name, "base");
        try
        {
            return await database.WriteAsync(
                connection =>
                {
                    var removed = BaseTable.Remove(connection, name);
                    ledger.Note(connection, "base.remove", null, name, Ledger.Deleted, removed.FreedBytes);
                    if (removed.Deleted)
                    {
                        folder.MoveOut(removed.Id);
                    }

                    return removed;
                },
                cancellation);
        }
        finally
        {
            await SettleBasesAsync();
        }
    });

    /// <inheritdoc/>
    public Task<Saved<TaskInfo>> PutTaskAsync(string task, TaskSpec spec, CancellationToken cancellation = default) => Write(
        connection =>
        {
            Names.Check(task, "task");
            var before = TaskTable.Find(connection, task)?.Retention;
            var created = tasks.Put(connection, task, spec, Now);
            ledger.Put(connection, task, created);
            return new Saved<TaskInfo>(WithPreview(connection, TaskTable.Info(connection, task), before), created);
        },
        cancellation);

    /// <inheritdoc/>
    public Task<TaskInfo> ChangeTaskAsync(string task, JsonElement patch, bool dryRun = false, CancellationToken cancellation = default) => dryRun
        ? Read(connection =>
        {
            var (info, settings) = Merge(connection, task, patch);
            return WithPreview(
                connection, info with { Description = settings.Description, Metadata = settings.Metadata!, Retention = settings.Retention }, info.Retention);
        })
        : Write(
            connection =>
            {
                var (info, settings) = Merge(connection, task, patch);
                TaskTable.Change(connection, task, settings);
                ledger.Put(connection, task, created: false);
                return WithPreview(connection, TaskTable.Info(connection, task), info.Retention);
            },
            cancellation);

    /// <inheritdoc/>
    public Task<TaskInfo> GetTaskAsync(string task, CancellationToken cancellation = default) =>
        Read(connection => TaskTable.Info(connection, Names.Check(task, "task")));

    /// <inheritdoc/>
    public Task<Page<TaskInfo>> ListTasksAsync(PageRequest page, CancellationToken cancellation = default) =>
        Read(connection => TaskTable.List(connection, page.Checked()));

    /// <inheritdoc/>
    public Task DeleteTaskAsync(string task, CancellationToken cancellation = default) => Write(
        connection =>
        {
            var id = TaskTable.IdOf(connection, Names.Check(task, "task"));
            if (CheckpointTable.Pinned(connection, id) is { } pinned)
            {
                RequireUnpinned(pinned);
            }

            ledger.Note(connection, "task.delete", task, task, Ledger.Deleted);
            TaskRemover.Remove(connection, id, Options.Grace);
            return true;
        },
        cancellation);

    /// <inheritdoc/>
    public Task<Saved<CheckpointInfo>> SaveAsync(
        string task, long step, CheckpointContent content, SaveOptions? options = null, CancellationToken cancellation = default) => Guarded(async () =>
    {
        RequireWritable();
        options ??= new SaveOptions();
        new SaveInfo(options.Metrics, options.Metadata).Validate($"{task}/{step}");
        await room.KeepReserveAsync(cancellation);
        using var span = StoreTraces.Begin("save", task, StepRef.At(step).ToString());
        for (var (attempt, full) = (1, 0); ;)
        {
            try
            {
                return await SaveOnceAsync(task, step, content, options, mayGuess: attempt < MostGuesses, cancellation);
            }
            catch (Exception error) when (Space.IsFull(error) && full < MostForRoom)
            {
                // What can be brought back gives way: as long as there is any, and it makes room.
                full++;
                if (!await room.GrowAsync(cancellation))
                {
                    throw;
                }
            }
            catch (ReferenceGoneException)
            {
                // Deleted meanwhile: guessed from what is left, and in the end from nothing. Or saved by another: compared with that.
                attempt++;
            }
        }
    });

    /// <inheritdoc/>
    public Task<CheckpointInfo> GetCheckpointAsync(string task, StepRef step, CancellationToken cancellation = default) => Read(connection =>
        CheckpointTable.Find(connection, Context(connection, task), step).ToInfo(connection, task));

    /// <inheritdoc/>
    public Task<Page<CheckpointInfo>> ListCheckpointsAsync(string task, PageRequest page, CancellationToken cancellation = default) =>
        Read(connection => CheckpointTable.List(connection, Context(connection, task), page.Checked()));

    /// <inheritdoc/>
    public Task DeleteCheckpointAsync(string task, StepRef step, CancellationToken cancellation = default) => Write(
        connection =>
        {
            var row = CheckpointTable.Find(connection, Context(connection, task), step);
            RequireUnpinned(row);
            CheckpointRemover.Remove(connection, row, Options.Grace);
            NoteDeleted(connection, task, row);
            return GraceCollector.Some(connection, Now, FinalByTheWay);
        },
        cancellation);

    /// <inheritdoc/>
    public Task<Page<DeletedCheckpoint>> ListDeletedAsync(string task, PageRequest page, CancellationToken cancellation = default) =>
        Read(connection => DeletedTable.Checkpoints(connection, task, page.Checked(), Now));

    /// <inheritdoc/>
    public Task<Page<DeletedTask>> ListDeletedTasksAsync(PageRequest page, CancellationToken cancellation = default) =>
        Read(connection => DeletedTable.Tasks(connection, page.Checked(), Now));

    /// <inheritdoc/>
    public Task<Undeleted> UndeleteAsync(string task, long step, UndeleteOptions? options = null, CancellationToken cancellation = default) => Guarded(async () =>
    {
        var (info, taken) = await database.WriteAsync(
            connection =>
            {
                var target = options?.As is { } given ? StepRef.At(given) : StepRef.At(step);
                var (row, taken) = DeletedTable.Undelete(connection, Names.Check(task, "task"), step, target.Step, Now);
                if (options?.Pin == true)
                {
                    CheckpointUpdates.SetPin(connection, row.Id, pinned: true);
                }

                ledger.Undeleted(connection, task, row);
                return (CheckpointTable.Row(connection, row.Id)!.ToInfo(connection, task), taken);
            },
            cancellation);

        // A look at all of the task, which nobody waits for.
        return new Undeleted(info, taken, database.Read(connection => collector.Removes(connection, task, info.Step)));
    });

    /// <inheritdoc/>
    public Task<TaskInfo> UndeleteTaskAsync(string task, string? asTask = null, CancellationToken cancellation = default) => Write(
        connection =>
        {
            var name = Names.Check(asTask ?? task, "task");
            DeletedTable.UndeleteTask(connection, Names.Check(task, "task"), name, Now);
            ledger.UndeletedTask(connection, name);
            return TaskTable.Info(connection, name);
        },
        cancellation);

    /// <summary>Gives so many bytes back to the disk by ending the grace of what was deleted first: nothing of that can be brought back then.</summary>
    /// <param name="bytes">How many are wanted. Nothing is done where all that is deleted does not take that many.</param>
    /// <param name="cancellation">Ends the work; what was given back stays so.</param>
    /// <returns>The bytes by which the database's files have shrunk.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>.</exception>
    public Task<long> MakeRoomAsync(long bytes, CancellationToken cancellation = default) => Guarded(() =>
    {
        RequireWritable();
        return room.FreeAsync(bytes, cancellation);
    });

    /// <inheritdoc/>
    public Task<IModelReader> OpenAsync(string task, StepRef step, CancellationToken cancellation = default) => Open(connection =>
    {
        using var span = StoreTraces.Begin("load.open", task, step.ToString());
        var context = Context(connection, task);
        return (context, CheckpointTable.Find(connection, context, step));
    });

    /// <inheritdoc/>
    public Task<IModelReader> OpenStartAsync(string task, CancellationToken cancellation = default) => Open(connection =>
    {
        using var span = StoreTraces.Begin("load.open", task, "start");
        var context = Context(connection, task);
        return (context, CheckpointTable.StartOf(connection, context));
    });

    /// <inheritdoc/>
    public Task<EncodedDelta> OpenDeltaAsync(string task, StepRef to, StateRef from = default, CancellationToken cancellation = default) => Read(connection =>
    {
        var context = Context(connection, task);
        using var target = OpenedState.Open(connection, folder, context, CheckpointTable.Find(connection, context, to));
        var other = from.Task is { } name ? tasks.Sister(connection, context, name) : context;
        using var source = OpenedState.Open(connection, folder, other, from.Step is { } step ? CheckpointTable.Find(connection, other, step) : null);
        return DeltaEncoder.Encode(new ChainDiff(source, target).Open([], []), null, source.Identity, Options.Codec, Options.TemporaryFolder, cancellation);
    });

    /// <inheritdoc/>
    public async Task<EncodedDelta?> OpenDeltaWithinAsync(string task, StepRef to, StateRef from, long maxBytes, CancellationToken cancellation = default)
    {
        var delta = await OpenDeltaAsync(task, to, from, cancellation);
        if (delta.Length <= maxBytes)
        {
            return delta;
        }

        delta.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public Task<ChangeReport> CompareAsync(string task, StepRef to, StateRef from = default, CancellationToken cancellation = default) => Read(connection =>
    {
        var context = Context(connection, task);
        var later = CheckpointTable.Find(connection, context, to);
        using var target = OpenedState.Open(connection, folder, context, later);
        var other = from.Task is { } name ? tasks.Sister(connection, context, name) : context;
        using var source = OpenedState.Open(connection, folder, other, from.Step is { } step ? CheckpointTable.Find(connection, other, step) : null);
        return StateComparer.Compare(source, target, from.Task, cancellation);
    });

    /// <inheritdoc/>
    public IAsyncEnumerable<TaskEvent> FollowAsync(string task, long? after = null, CancellationToken cancellation = default) =>
        new EventFeed(database, tasks, Options).FollowAsync(task, after, cancellation);

    /// <inheritdoc/>
    public Task<Saved<StateInfo>> PutStateAsync(string task, StepRef step, Stream content, CancellationToken cancellation = default) => Guarded(async () =>
    {
        RequireWritable();
        await GetCheckpointAsync(task, step, cancellation);
        await room.KeepReserveAsync(cancellation);
        using var state = await PreparedState.EncodeAsync(content, Options, cancellation);
        var created = await database.WriteAsync(
            connection =>
            {
                var row = CheckpointTable.Find(connection, Context(connection, task), step);
                return ledger.Given(connection, task, row.Step, state.Give(connection, task, row), state.Info.StoredBytes);
            },
            cancellation);
        return new Saved<StateInfo>(state.Info, created);
    });

    /// <inheritdoc/>
    public Task<Stream> OpenStateAsync(string task, StepRef step, CancellationToken cancellation = default) => Guarded(() =>
    {
        var snapshot = database.OpenSnapshot();
        try
        {
            var row = CheckpointTable.Find(snapshot.Connection, Context(snapshot.Connection, task), step);
            var frame = row.TrainerFrame ?? throw new FishException(
                ErrorCode.StateNotFound, $"{task}/{row.Step}", "The checkpoint carries no trainer state.", "Save one with it.");
            return Task.FromResult<Stream>(StoredContent.Open(snapshot.Connection, frame, $"{task}/{row.Step} state", snapshot));
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    });

    /// <inheritdoc/>
    public Task SetTagAsync(string task, string tag, StepRef step, CancellationToken cancellation = default) => Write(
        connection =>
        {
            Names.CheckTag(tag);
            var context = Context(connection, task);
            var row = CheckpointTable.Find(connection, context, step);
            ledger.Note(connection, "tag.set", task, $"{task}/{tag}", Ledger.Changed);
            TagTable.Set(connection, context.Id, tag, row.Id);
            return true;
        },
        cancellation);

    /// <inheritdoc/>
    public Task RemoveTagAsync(string task, string tag, CancellationToken cancellation = default) => Write(
        connection =>
        {
            if (!TagTable.Remove(connection, Context(connection, task).Id, tag))
            {
                throw new FishException(ErrorCode.TagNotFound, $"{task}/{tag}", "The task has no such tag.", "List the task's checkpoints with their tags.");
            }

            ledger.Note(connection, "tag.remove", task, $"{task}/{tag}", Ledger.Deleted);
            return true;
        },
        cancellation);

    /// <inheritdoc/>
    public Task SetPinAsync(string task, StepRef step, bool pinned, CancellationToken cancellation = default) => Write(
        connection =>
        {
            var row = CheckpointTable.Find(connection, Context(connection, task), step);
            ledger.Note(connection, pinned ? "checkpoint.pin" : "checkpoint.unpin", task, row.Label, Ledger.Changed);
            CheckpointUpdates.SetPin(connection, row.Id, pinned);
            return true;
        },
        cancellation);

    /// <inheritdoc/>
    public Task<VerifyResult> VerifyAsync(string task, StepRef step, CancellationToken cancellation = default) => Read(connection =>
    {
        var context = Context(connection, task);
        var row = CheckpointTable.Find(connection, context, step);
        try
        {
            using var state = OpenedState.Open(connection, folder, context, row);
            var read = CheckpointVerifier.Verify(connection, task, state, CheckpointTable.OutputOf(connection, context, row), cancellation);
            return new VerifyResult(task, row.Step, true, read, null);
        }
        catch (FishException damage) when (damage.Kind is ErrorKind.Corrupt or ErrorKind.Invalid or ErrorKind.Mismatch)
        {
            return new VerifyResult(task, row.Step, false, 0, $"{ErrorCodes.NameOf(damage.Code)} ({damage.Key}): {damage.Cause}");
        }
    });

    /// <inheritdoc/>
    public Task<StorageReport> ReportAsync(string? task = null, CancellationToken cancellation = default) => Read(connection => task is null
        ? StorageReporter.OfStore(connection, database.Path) : StorageReporter.OfTask(connection, Names.Check(task, "task")));

    /// <inheritdoc/>
    public Task<StorageReport> ReportBaseAsync(string nameOrId, CancellationToken cancellation = default) =>
        Read(connection => StorageReporter.OfBase(connection, nameOrId));

    /// <inheritdoc/>
    public Task<Page<TensorReport>> ReportTensorsAsync(string task, PageRequest page, CancellationToken cancellation = default) =>
        Read(connection => TensorReporter.OfTask(connection, Context(connection, task), page.Checked()));

    /// <inheritdoc/>
    public Task<GrowthReport> ReportGrowthAsync(GrowthRequest? request = null, CancellationToken cancellation = default) =>
        Read(connection => GrowthReporter.Of(connection, (request ?? new GrowthRequest()).Checked(), Now));

    /// <inheritdoc/>
    public Task<TimelineReport> ReportTimelineAsync(string task, TimelineRequest? request = null, CancellationToken cancellation = default) =>
        Read(connection => TimelineReporter.Of(connection, Names.Check(task, "task"), (request ?? new TimelineRequest()).Checked()));

    /// <inheritdoc/>
    public Task<RecodeResult> RecodeAsync(RecodeOptions? options = null, CancellationToken cancellation = default) =>
        Guarded(async () =>
        {
            RequireWritable();
            var result = await new Recoder(database, folder, tasks, Options).RunAsync((options ?? new RecodeOptions()).Checked(), cancellation);
            return result.Recoded == 0 ? result : await database.WriteAsync(
                connection =>
                {
                    ledger.Note(connection, "maintenance.recode", options?.Task, options?.Task ?? "store", Ledger.Changed, result.BytesAfter - result.BytesBefore);
                    return result;
                },
                cancellation);
        });

    /// <inheritdoc/>
    public Task<VerifyReport> VerifyStoreAsync(VerifyOptions? options = null, CancellationToken cancellation = default) =>
        Guarded(() => new Verifier(database, folder, Options).RunAsync((options ?? new VerifyOptions()).Checked(), cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<KnownDamage>> ListDamageAsync(CancellationToken cancellation = default) =>
        Read<IReadOnlyList<KnownDamage>>(VerifiedTable.Damage);

    /// <summary>When something stored was last verified in full; <see langword="null"/>: nothing that is known was. Looks at every stored thing's row.</summary>
    public Task<DateTimeOffset?> LastVerifiedAsync(CancellationToken cancellation = default) => Read(VerifiedTable.Last);

    /// <inheritdoc/>
    public Task<BackupReport> BackupAsync(BackupOptions options, CancellationToken cancellation = default) =>
        Guarded(async () =>
        {
            var report = new Backup(database, folder, Options).Run(options, cancellation);
            if (options.Verify != BackupVerification.Full)
            {
                return report;
            }

            await using var copy = await OpenAsync(new StoreOptions { DataFolder = options.To, Progress = Options.Progress }, cancellation);
            var found = (await copy.VerifyStoreAsync(null, cancellation)).Damaged.Select(damage => new DamagedFrame(damage.Key, damage.Problem));
            return report with { Damaged = [.. report.Damaged, .. found], Verified = BackupVerification.Full };
        });

    /// <inheritdoc/>
    public Task<FoldResult> FoldAsync(FoldOptions? options = null, CancellationToken cancellation = default) =>
        Guarded(() =>
        {
            RequireWritable();
            return new Folder(database, folder, tasks, ledger, Options).RunAsync((options ?? new FoldOptions()).Checked(), cancellation);
        });

    /// <inheritdoc/>
    public Task<CollectResult> CollectAsync(CollectOptions? options = null, CancellationToken cancellation = default) => Guarded(() =>
    {
        var wanted = (options ?? new CollectOptions()).Checked();
        if (wanted.DryRun)
        {
            return Task.FromResult(collector.Plan(wanted, cancellation));
        }

        RequireWritable();
        return collector.RunAsync(wanted, cancellation);
    });

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Access.Dispose();
        room.Dispose();
        database.Dispose();
        folder.Dispose();
        if (Options.TemporaryRoot is { } temporary)
        {
            Directory.Delete(temporary, recursive: true);
        }

        return ValueTask.CompletedTask;
    }

    private static void RequireUnpinned(CheckpointRow row)
    {
        if (row.Pinned)
        {
            throw new FishException(ErrorCode.CheckpointPinned, row.Label, "The checkpoint is pinned.", "Unpin it first, if it is really to go.");
        }
    }

    // What a store of an earlier program has not counted yet.
    private async Task CatchUpAsync(CancellationToken cancellation)
    {
        await BaseMeasure.CatchUpAsync(database, folder, cancellation);
        await TotalsKeeper.CatchUpAsync(database, tasks, cancellation);
    }

    // Files of bases whose adding was ended by a crash or a refusal. What cannot be tidied up now is by the next opening.
    private async Task SettleBasesAsync()
    {
        var unsettled = folder.Unsettled();
        if (unsettled.Count == 0)
        {
            return;
        }

        try
        {
            if (await Read(connection => unsettled.Any(id => !BaseTable.Exists(connection, id))))
            {
                // A commit that failed may still lie in the log, and would be found there after a crash: another one takes its place before the files go.
                await database.WriteAsync(
                    connection =>
                    {
                        Database.Touch(connection);
                        return true;
                    },
                    CancellationToken.None);
            }

            await database.WriteAsync(
                connection =>
                {
                    folder.Settle(id => BaseTable.Exists(connection, id));
                    return true;
                },
                CancellationToken.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FishException { Kind: ErrorKind.Unavailable })
        {
        }
    }

    private static (TaskInfo Info, TaskSettings Settings) Merge(CatalogConnection connection, string task, JsonElement patch)
    {
        var info = TaskTable.Info(connection, Names.Check(task, "task"));
        return (info, new TaskSettings(info.Description, info.Metadata, info.Retention).Merge(task, patch));
    }

    private TaskInfo WithPreview(CatalogConnection connection, TaskInfo info, Retention? before) =>
        info.Checkpoints == 0 || info.Retention == before ? info : info with { Removes = collector.Preview(connection, Context(connection, info.Name), info.Retention) };

    private TaskContext Context(CatalogConnection connection, string task) => tasks.Context(connection, Names.Check(task, "task"));

    private static void CheckFileDigest(TaskContext task, long step, PreparedSave save, Digest? expected, CancellationToken cancellation)
    {
        if (expected is null)
        {
            return;
        }

        if (save.Output.Files.Count != 1)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, $"{task.Name}/{step}", "A digest of the full file is given, but the model has several files.", "Leave it out.");
        }

        var plan = new RestorePlan(task.Layout, save.Output, save.Parent.Links);
        var found = CheckpointVerifier.HashFile(save.OpenReader($"{task.Name}/{step}"), plan, 0, cancellation);
        if (found != expected)
        {
            throw new FishException(
                ErrorCode.DigestMismatch, $"{task.Name}/{step}", $"The full file would have the digest {found}; {expected} was announced.",
                "The upload is damaged, or was made against another state; nothing was stored.");
        }
    }

    private async Task<Saved<CheckpointInfo>> SaveOnceAsync(
        string task, long step, CheckpointContent content, SaveOptions options, bool mayGuess, CancellationToken cancellation)
    {
        using var snapshot = database.OpenSnapshot();
        var context = Context(snapshot.Connection, task);
        var saved = CheckpointTable.AtStep(snapshot.Connection, context.Id, step);
        var isTaken = saved is not null;
        using var prepared = Prepare(snapshot.Connection, context, step, content, options, saved, mayGuess, cancellation);
        CheckFileDigest(context, step, prepared, options.ExpectedFileDigest, cancellation);
        using var sideFiles = await PreparedSideFiles.EncodeAsync(
            snapshot.Connection, context, prepared.Output, options.SideFilesOf(content), options.KnownSideFiles, Options, cancellation);
        if (!isTaken)
        {
            // What is encoded needs no earlier state any more. Kept until after the commit, it would be older than that, and no save could ever empty the log.
            snapshot.Release();
        }

        using var state = await EncodeStateAsync(options, cancellation);
        var written = await CommitAsync(context, step, prepared, state, sideFiles, options, replaced: null, cancellation);
        if (!written && !isTaken)
        {
            throw new ReferenceGoneException();
        }

        if (!written)
        {
            await MendAsync(context, step, prepared, cancellation);
            if (options.Overwrite && FindOther(context, step, prepared, state, sideFiles, options) is { } other)
            {
                snapshot.Release();
                return await CommitAsync(context, step, prepared, state, sideFiles, options, other, cancellation)
                    ? new Saved<CheckpointInfo>(await GetCheckpointAsync(task, StepRef.At(step), cancellation), true) : throw new ReferenceGoneException();
            }

            RequireSame(context, step, prepared, sideFiles);
            if (sideFiles is not null)
            {
                await database.WriteAsync(
                    connection =>
                    {
                        sideFiles.Mend(connection);
                        return true;
                    },
                    cancellation);
            }

            await database.WriteAsync(connection => ledger.SavedAgain(connection, task, step), cancellation);
            if (state is not null)
            {
                await database.WriteAsync(
                    connection => ledger.Given(
                        connection, task, step, state.Give(connection, task, CheckpointTable.Find(connection, context, StepRef.At(step))), state.Info.StoredBytes),
                    cancellation);
            }
        }

        return new Saved<CheckpointInfo>(await GetCheckpointAsync(task, StepRef.At(step), cancellation), written);
    }

    private PreparedSave Prepare(
        CatalogConnection connection, TaskContext context, long step, CheckpointContent content, SaveOptions options, CheckpointRow? saved,
        bool mayGuess, CancellationToken cancellation)
    {
        using var span = StoreTraces.Begin("save.encode", context.Name, StepRef.At(step).ToString());
        return new SavePreparer(connection, context, Options, folder, tasks, parents, saved, mayGuess, cancellation).Prepare(step, content, options);
    }

    private async Task<bool> CommitAsync(
        TaskContext context, long step, PreparedSave prepared, PreparedState? state, PreparedSideFiles? sideFiles, SaveOptions options, long? replaced,
        CancellationToken cancellation)
    {
        using var span = StoreTraces.Begin("save.commit", context.Name, StepRef.At(step).ToString());
        return await database.WriteAsync(
            connection =>
            {
                // The new one may use the mask and side files of the old one, which go only after that.
                var old = replaced is null ? null : HideReplaced(connection, context, step, replaced.Value);
                var written = ledger.Saved(
                    connection, context.Name, step, SaveWriter.Write(connection, context, step, prepared, state, sideFiles, options, Options.Codec, ledger.Caller.KeyId, Now));
                if (old is not null)
                {
                    CheckpointRemover.Collect(connection, old.Id);
                }

                return written;
            },
            cancellation);
    }

    // Unless another save has replaced it meanwhile: then the step is taken, and that one is compared in its turn.
    private CheckpointRow? HideReplaced(CatalogConnection connection, TaskContext context, long step, long id)
    {
        if (CheckpointTable.AtStep(connection, context.Id, step) is not { } row || row.Id != id)
        {
            return null;
        }

        RequireUnpinned(row);
        CheckpointRemover.Hide(connection, row, Options.Grace);
        NoteDeleted(connection, context.Name, row);
        return row;
    }

    private void NoteDeleted(CatalogConnection connection, string task, CheckpointRow row) =>
        ledger.Note(connection, "checkpoint.delete", task, row.Label, Ledger.Deleted, row.BroughtBytes + row.ValueBytes + row.TrainerBytes);

    // With the frames that were sent, or, where it has been laid elsewhere since, with others that say the same.
    private async Task MendAsync(TaskContext task, long step, PreparedSave save, CancellationToken cancellation)
    {
        Task<bool> PutAsync(PreparedSave frames) => database.WriteAsync(
            connection => SaveWriter.Mend(connection, CheckpointTable.Find(connection, task, StepRef.At(step)), frames, Options.Codec), cancellation);
        if (await PutAsync(save))
        {
            return;
        }

        using var snapshot = database.OpenSnapshot();
        using var relaid = new RelaidMend(snapshot.Connection, task, folder, Options, parents)
            .Prepare(CheckpointTable.Find(snapshot.Connection, task, StepRef.At(step)), save, cancellation);
        if (relaid is not null)
        {
            await PutAsync(relaid);
        }
    }

    private void RequireSame(TaskContext task, long step, PreparedSave save, PreparedSideFiles? sideFiles)
    {
        using var snapshot = database.OpenSnapshot();
        var row = CheckpointTable.Find(snapshot.Connection, task, StepRef.At(step));
        if (!IsSameModel(snapshot.Connection, task, row, save))
        {
            throw new FishException(
                ErrorCode.StepTaken, $"{task.Name}/{step}", "The step holds a checkpoint with other content.",
                "Checkpoints never change: save another step, delete it first, or save with overwrite, which replaces it.");
        }

        sideFiles?.RequireSame(snapshot.Connection, row);
    }

    // The same content may come with another parent or mask than it was first saved with: what counts is the state that it gives.
    private bool IsSameModel(CatalogConnection connection, TaskContext task, CheckpointRow row, PreparedSave save)
    {
        if (!HeaderSet.Same(CheckpointTable.OutputOf(connection, task, row), save.Output))
        {
            return false;
        }

        if (row.State == save.State)
        {
            return true;
        }

        using var existing = OpenedState.Open(connection, folder, task, row);
        return !new StateDiff(existing.Reader, save.OpenReader(task.Name)).Read(new DeltaChunk());
    }

    // The checkpoint that an overwriting save replaces: one that cannot be read is another one too.
    private long? FindOther(
        TaskContext task, long step, PreparedSave save, PreparedState? state, PreparedSideFiles? sideFiles, SaveOptions options)
    {
        using var snapshot = database.OpenSnapshot();
        var row = CheckpointTable.AtStep(snapshot.Connection, task.Id, step) ?? throw new ReferenceGoneException();
        try
        {
            return IsSameModel(snapshot.Connection, task, row, save) && state?.IsOther(snapshot.Connection, row) != true
                && row.HasInfo(options.Metrics, options.Metadata) && (sideFiles is null || sideFiles.Set == row.SideSet) ? null : row.Id;
        }
        catch (FishException damage) when (damage.Kind == ErrorKind.Corrupt)
        {
            return row.Id;
        }
    }

    private async Task<PreparedState?> EncodeStateAsync(SaveOptions save, CancellationToken cancellation)
    {
        if (save.OpenState is null)
        {
            return null;
        }

        await using var content = save.OpenState();
        return await PreparedState.EncodeAsync(content, Options, cancellation);
    }

    private Task<IModelReader> Open(Func<CatalogConnection, (TaskContext Task, CheckpointRow? Checkpoint)> find) =>
        Guarded<IModelReader>(() =>
        {
            var snapshot = database.OpenSnapshot();
            OpenedState? state = null;
            try
            {
                var (task, checkpoint) = find(snapshot.Connection);
                state = OpenedState.Open(snapshot.Connection, folder, task, checkpoint);
                var output = checkpoint is not null ? CheckpointTable.OutputOf(snapshot.Connection, task, checkpoint) : task.IsBase ? task.Base.Files : task.Layout.Files;
                var info = checkpoint is { IsHidden: false } && checkpoint.TaskId == task.Id ? checkpoint.ToInfo(snapshot.Connection, task.Name) : null;
                return Task.FromResult<IModelReader>(new StoredModelReader(snapshot, state, task, folder, output, info));
            }
            catch
            {
                state?.Dispose();
                snapshot.Dispose();
                throw;
            }
        });

    private Task<T> Read<T>(Func<CatalogConnection, T> work) => Guarded(() => Task.FromResult(database.Read(work)));

    private Task<T> Write<T>(Func<CatalogConnection, T> work, CancellationToken cancellation) =>
        Guarded(() => database.WriteAsync(work, cancellation));

    // Off the caller's thread, and with the disk's and the database's errors in the words of this system.
    private static Task<T> Guarded<T>(Func<Task<T>> work) => Task.Run(async () =>
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
                Space.IsFull(error) ? Space.WhatToDo : "Check the disk's space and permissions, and try again; nothing was changed.", error);
        }
    });
}
