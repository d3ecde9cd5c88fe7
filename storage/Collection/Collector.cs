using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Storage.Access;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Checkpoints;
using FishCheckpoint.Storage.Recoding;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Tasks;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Collection;

/// <summary>
/// Lets go what nothing keeps: retention first, then what is left of deleted checkpoints, then the pages. Everything is done in short transactions, each of which leaves
/// a whole store behind; a round that is broken off is gone on with by the next.
/// </summary>
internal sealed class Collector(Database database, BaseFolder folder, TaskTable tasks, Ledger ledger, StoreOptions options)
{
    // Deleting is quick, but a writer who waits should not wait for ten thousand of them.
    private const int InOneTransaction = 64;

    private readonly Retainer retainer = new(tasks, options);

    private readonly GroupRelayer groups = new(database, new RecodeMeans(
        tasks, folder, options.Codec with { Effort = CodecEffort.Small }, options.TemporaryFolder, new ParentCache(options.ParentCacheBytes)));

    /// <summary>Runs a round.</summary>
    public async Task<CollectResult> RunAsync(CollectOptions wanted, CancellationToken cancellation)
    {
        var (round, before) = (new CollectRound(wanted, options), database.Space.FileBytes);
        await ApplyRetentionAsync(round, cancellation);
        await groups.FreeAsync(round, cancellation);
        await database.Space.ReturnAsync(() => round.Goes, cancellation);
        round.Returned = before - database.Space.FileBytes;
        return round.End();
    }

    /// <summary>Says what a round would do.</summary>
    public CollectResult Plan(CollectOptions wanted, CancellationToken cancellation)
    {
        var round = new CollectRound(wanted, options);
        using var snapshot = database.OpenSnapshot();
        var connection = snapshot.Connection;
        var going = new List<CheckpointRow>();
        foreach (var (task, rules) in retainer.Tasks(connection, wanted.Task))
        {
            foreach (var step in retainer.Removable(connection, task, rules))
            {
                var row = CheckpointTable.AtStep(connection, task.Id, step)!;
                going.Add(row);
                round.Deleted(Listed(connection, round, row, rules));
            }
        }

        groups.Estimate(connection, round, [.. going.Select(row => row.Id)], cancellation);
        round.Returned = Space.Unused(connection);
        return round.End();
    }

    private async Task ApplyRetentionAsync(CollectRound round, CancellationToken cancellation)
    {
        IReadOnlyList<(TaskContext Task, Retention Rules)> withRules;
        using (var snapshot = database.OpenSnapshot())
        {
            withRules = retainer.Tasks(snapshot.Connection, round.Options.Task);
        }

        foreach (var (task, rules) in withRules)
        {
            while (round.Goes && await DeleteSomeAsync(round, task, rules, cancellation))
            {
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    // What is kept is decided in the transaction that deletes the others: a tag or a save that came meanwhile counts.
    private async Task<bool> DeleteSomeAsync(CollectRound round, TaskContext task, Retention rules, CancellationToken cancellation)
    {
        var ((gone, more), freed) = await database.WriteAsync(
            connection => StoredBytes.Freed(connection, () => DeleteSome(connection, round, task, rules)), cancellation);
        gone.ForEach(round.Deleted);
        round.Freed += freed;
        return more;
    }

    private (List<CollectedCheckpoint?> Gone, bool More) DeleteSome(SqliteConnection connection, CollectRound round, TaskContext task, Retention rules)
    {
        if (connection.Scalar<long?>("SELECT id FROM tasks WHERE name = $0", task.Name) != task.Id)
        {
            return ([], false);
        }

        var steps = retainer.Removable(connection, task, rules);
        var gone = new List<CollectedCheckpoint?>();
        foreach (var step in steps.Take(InOneTransaction))
        {
            var row = CheckpointTable.AtStep(connection, task.Id, step)!;
            gone.Add(Listed(connection, round, row, rules));
            CheckpointRemover.Remove(connection, row);
            ledger.Note(connection, "checkpoint.collect", task.Name, row.Label, Ledger.Deleted, Owned(row));
        }

        return (gone, steps.Count > InOneTransaction);
    }

    private static long Owned(CheckpointRow row) => row.FrameBytes + row.TrainerBytes + (row.IsBlocks ? 0 : row.BroughtBytes);

    private static CollectedCheckpoint? Listed(SqliteConnection connection, CollectRound round, CheckpointRow row, Retention rules) => round.Lists
        ? new CollectedCheckpoint(row.TaskName, row.Step, RetentionPlan.Describe(rules), Owned(row), HiddenGroups.NeededBy(connection, row.Id)) : null;
}
