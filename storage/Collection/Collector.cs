using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Storage.Access;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Checkpoints;
using FishCheckpoint.Storage.Recoding;
using FishCheckpoint.Storage.Reports;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Tasks;

namespace FishCheckpoint.Storage.Collection;

/// <summary>
/// Deletes what nothing keeps: retention first, then what is deleted and past its grace, then what is left of that because others need it, then the pages. Everything is done in short transactions, each of which leaves
/// a whole store behind; a round that is broken off is gone on with by the next.
/// </summary>
internal sealed class Collector(Database database, BaseFolder folder, TaskTable tasks, Ledger ledger, StoreOptions options)
{
    // Deleting is quick, but a writer who waits should not wait for ten thousand of them.
    private const int InOneTransaction = 64;
    private const int MostBases = 1000;

    private readonly Retainer retainer = new(tasks, options);

    private readonly GroupRelayer groups = new(database, new RecodeMeans(
        tasks, folder, options.Codec with { Effort = CodecEffort.Small }, options.TemporaryFolder, new ParentCache(options.ParentCacheBytes)));

    /// <summary>Runs a round.</summary>
    public async Task<CollectResult> RunAsync(CollectOptions wanted, CancellationToken cancellation)
    {
        var (round, before) = (new CollectRound(wanted, options), database.Space.FileBytes);
        await ApplyRetentionAsync(round, cancellation);
        await EndGraceAsync(round, cancellation);
        await groups.FreeAsync(round, cancellation);
        await database.Space.ReturnAsync(() => round.Goes, cancellation);
        round.Returned = before - database.Space.FileBytes;
        using var snapshot = database.OpenSnapshot();
        round.Leaves(StorageReporter.GraceOfStore(snapshot.Connection), BaseTable.Unused(snapshot.Connection, MostBases));
        return round.End();
    }

    /// <summary>Ends the grace of what was deleted first, until that takes so many bytes, and gives back what it can of them.</summary>
    /// <returns>Whether the database's files have shrunk by it.</returns>
    public async Task<bool> EndOldestAsync(long bytes, CancellationToken cancellation)
    {
        var (round, before) = (new CollectRound(new CollectOptions(), options), database.Space.FileBytes);
        if (!await database.WriteAsync(connection => GraceCollector.EndOldest(connection, options.Grace.Now, bytes, ledger), cancellation))
        {
            return false;
        }

        await EndGraceAsync(round, cancellation);
        await groups.FreeAsync(round, cancellation);
        await database.Space.ReturnAsync(() => true, cancellation);
        return database.Space.FileBytes < before;
    }

    /// <summary>Whether the retention of a task does not keep one of its steps.</summary>
    public bool Removes(CatalogConnection connection, string task, long step) =>
        TaskTable.Find(connection, task) is not null && retainer.Tasks(connection, task) is [var (context, rules)] && retainer.Removable(connection, context, rules).Contains(step);

    /// <summary>What a retention of a task would delete, now; <see langword="null"/> for none of its own: the store's.</summary>
    public RetentionPreview Preview(CatalogConnection connection, TaskContext task, Retention? retention)
    {
        var steps = retainer.RulesOf(task with { Retention = retention }) is { HasRules: true } rules ? retainer.Removable(connection, task, rules) : [];
        var bytes = CheckpointTable.BytesOfSteps(connection, task.Id, steps);
        return new RetentionPreview(steps.Count, [.. steps.Take(RetentionPreview.MostListed)], bytes, options.DeletionGrace, null);
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

        // What is deleted now is gone once its grace is over, and until then frees nothing.
        var expired = GraceCollector.Expired(connection, options.Grace.Now, wanted);
        var (immediate, use) = (wanted.Now || options.Grace.IsNone, StorageReporter.GraceOfStore(connection));
        round.Purged(expired.Count + (wanted.Now ? going.Count : 0));
        groups.Estimate(connection, round, [.. expired, .. immediate ? going.Select(row => row.Id) : []], cancellation);
        var kept = immediate ? [] : going;
        use = use with
        {
            Checkpoints = use.Checkpoints - expired.Count + kept.Count,
            Bytes = use.Bytes - CheckpointTable.BytesOf(connection, expired) + kept.Sum(Owned),
        };
        round.Leaves(use, BaseTable.Unused(connection, MostBases));
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
            var going = Going.None;
            while (round.Goes && (going = await DeleteSomeAsync(round, task, rules, going, cancellation)).Steps.Length > 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    private async Task EndGraceAsync(CollectRound round, CancellationToken cancellation)
    {
        if (round.Options.Now && round.Goes)
        {
            await database.WriteAsync(connection => GraceCollector.EndAll(connection, options.Grace.Now, round.Options.Task, ledger), cancellation);
        }

        for (var more = true; more && round.Goes;)
        {
            cancellation.ThrowIfCancellationRequested();
            var ((removed, left), freed) = await database.WriteAsync(
                connection => TotalsTable.Freed(connection, () => GraceCollector.Some(connection, options.Grace.Now, InOneTransaction)), cancellation);
            round.Purged(removed);
            round.Freed += freed;
            more = left;
        }
    }

    // What is kept is decided in the transaction that deletes the others: a tag or a save that came meanwhile counts.
    private async Task<Going> DeleteSomeAsync(CollectRound round, TaskContext task, Retention rules, Going going, CancellationToken cancellation)
    {
        var ((gone, left), freed) = await database.WriteAsync(
            connection => TotalsTable.Freed(connection, () => DeleteSome(connection, round, task, rules, going)), cancellation);
        gone.ForEach(round.Deleted);
        round.Freed += freed;
        return left;
    }

    private (List<CollectedCheckpoint?> Gone, Going Left) DeleteSome(
        CatalogConnection connection, CollectRound round, TaskContext task, Retention rules, Going going)
    {
        if (TaskRows.IdOf(connection, task.Name) != task.Id)
        {
            return ([], Going.None);
        }

        // Where nobody has written since the last transaction of this pass, what that one decided holds.
        var (commits, version) = (database.Commits, connection.VersionOfOthers());
        var steps = going.Commits == commits && going.Version == version ? going.Steps : retainer.Removable(connection, task, rules).ToArray();
        var gone = new List<CollectedCheckpoint?>();
        foreach (var step in steps[..Math.Min(InOneTransaction, steps.Length)].Span)
        {
            var row = CheckpointTable.AtStep(connection, task.Id, step)!;
            gone.Add(Listed(connection, round, row, rules));
            CheckpointRemover.Remove(connection, row, options.Grace);
            ledger.Note(connection, "checkpoint.collect", task.Name, row.Label, Ledger.Deleted, Owned(row));
        }

        return (gone, new Going(commits + 1, version, steps[gone.Count..]));
    }

    private static long Owned(CheckpointRow row) => row.FrameBytes + row.TrainerBytes + (row.IsBlocks ? 0 : row.BroughtBytes);

    private static CollectedCheckpoint? Listed(CatalogConnection connection, CollectRound round, CheckpointRow row, Retention rules) => round.Lists
        ? new CollectedCheckpoint(row.TaskName, row.Step, RetentionPlan.Describe(rules), Owned(row), HiddenGroups.NeededBy(connection, row.Id)) : null;

    // The steps of a task that are still to go, and when that was decided: after so many commits of this process, at that version of the others'.
    private sealed record Going(long Commits, long Version, ReadOnlyMemory<long> Steps)
    {
        public static Going None { get; } = new(-1, -1, default);
    }
}
