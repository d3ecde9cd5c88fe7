using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Access;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Checkpoints;
using FishCheckpoint.Storage.Collection;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Telemetry;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Storage;

/// <summary>The checkpoints of a data folder.</summary>
internal sealed class StoreCheckpoints(StoreContext store) : ICheckpoints
{
    // Each deletion makes this many earlier ones final, so that they do not pile up in a store that nobody collects.
    private const int FinalPerDeletion = 2;

    // Attempts that may predict values from an earlier checkpoint; the last attempt uses no prediction.
    private const int MaxPredictionAttempts = 3;

    // Attempts on a full disk, each of which has twice the room of the one before.
    private const int MaxRoomAttempts = 20;

    private readonly StoreSaver saver = new(store);

    /// <inheritdoc/>
    public Task<Saved<CheckpointInfo>> SaveAsync(
        string task, long step, CheckpointContent content, SaveOptions? options =
            null, CancellationToken cancellationToken = default) => StoreContext.GuardedAsync(async () =>
    {
        store.RequireWritable();
        options ??= new SaveOptions();
        new SaveInfo(options.Metrics, options.Metadata).Validate($"{task}/{step}");
        await store.Room.KeepReserveAsync(cancellationToken);
        using var span = StoreTraces.Begin("save", task, StepRef.At(step).ToString());
        for (var (attempt, full) = (1, 0); ;)
        {
            try
            {
                return await saver.SaveAsync(task, step, content, options, mayGuess: attempt < MaxPredictionAttempts, cancellationToken);
            }
            catch (Exception error) when (Space.IsFull(error) && full < MaxRoomAttempts)
            {
                // What can be brought back gives way: as long as there is any, and it makes room.
                full++;
                if (!await store.Room.GrowAsync(cancellationToken))
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
    public Task<CheckpointInfo> GetAsync(string task, StepRef step, CancellationToken cancellationToken = default) =>
        store.GetCheckpointAsync(task, step);

    /// <inheritdoc/>
    public AsyncPageable<CheckpointInfo> ListAsync(string task, PageRequest? page = null, CancellationToken cancellationToken = default) =>
        store.List((connection, part) => CheckpointTable.List(connection, store.Context(connection, task), part), page, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string task, StepRef step, CancellationToken cancellationToken = default) => store.WriteAsync(
        connection =>
        {
            var row = CheckpointTable.Find(connection, store.Context(connection, task), step);
            row.RequireUnpinned();
            CheckpointRemover.Remove(connection, row, store.Options.Grace);
            store.Ledger.DeletedCheckpoint(connection, task, row);
            return GraceCollector.Some(connection, store.Now, FinalPerDeletion);
        },
        cancellationToken);

    /// <inheritdoc/>
    public AsyncPageable<DeletedCheckpoint> ListDeletedAsync(
        string task, PageRequest? page = null, CancellationToken cancellationToken = default) =>
        store.List((connection, part) => DeletedTable.Checkpoints(connection, task, part, store.Now), page, cancellationToken);

    /// <inheritdoc/>
    public Task<Undeleted> UndeleteAsync(string task, long step, UndeleteOptions? options =
        null, CancellationToken cancellationToken = default) => StoreContext.GuardedAsync(async () =>
    {
        var (info, taken) = await store.Database.WriteAsync(
            connection =>
            {
                var target = options?.As is { } given ? StepRef.At(given) : StepRef.At(step);
                var (row, taken) = DeletedTable.Undelete(connection, Names.Check(task, "task"), step, target.Step, store.Now);
                if (options?.Pin == true)
                {
                    CheckpointUpdates.SetPin(connection, row.Id, pinned: true);
                }

                store.Ledger.Undeleted(connection, task, row);
                return (CheckpointTable.Row(connection, row.Id)!.ToInfo(connection, task), taken);
            },
            cancellationToken);

        // A look at all of the task, which nobody waits for.
        return new Undeleted(info, taken, store.Database.Read(connection => store.Collector.Removes(connection, task, info.Step)));
    });

    /// <inheritdoc/>
    public Task SetTagAsync(string task, string tag, StepRef? step, CancellationToken cancellationToken = default) => store.WriteAsync(
        connection =>
        {
            if (step is { } target)
            {
                SetTag(connection, task, tag, target);
            }
            else
            {
                RemoveTag(connection, task, tag);
            }

            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task SetPinAsync(string task, StepRef step, bool pinned, CancellationToken cancellationToken = default) => store.WriteAsync(
        connection =>
        {
            var row = CheckpointTable.Find(connection, store.Context(connection, task), step);
            store.Ledger.Note(connection, pinned ? "checkpoint.pin" : "checkpoint.unpin", task, row.Label, Ledger.Changed);
            CheckpointUpdates.SetPin(connection, row.Id, pinned);
            return true;
        },
        cancellationToken);

    private void SetTag(CatalogConnection connection, string task, string tag, StepRef step)
    {
        Names.CheckTag(tag);
        var context = store.Context(connection, task);
        var row = CheckpointTable.Find(connection, context, step);
        store.Ledger.Note(connection, "tag.set", task, $"{task}/{tag}", Ledger.Changed);
        TagTable.Set(connection, context.Id, tag, row.Id);
    }

    private void RemoveTag(CatalogConnection connection, string task, string tag)
    {
        if (!TagTable.Remove(connection, store.Context(connection, task).Id, tag))
        {
            throw new FishException(
                ErrorCode.TagNotFound, $"{task}/{tag}", "The task has no such tag.", "List the task's checkpoints with their tags.");
        }

        store.Ledger.Note(connection, "tag.remove", task, $"{task}/{tag}", Ledger.Deleted);
    }
}
