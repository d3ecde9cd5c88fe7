using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Access;
using FishCheckpoint.Engine.Chains;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Reports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Maintenance.Collection;

/// <summary>
/// Deletes checkpoints that no retention rule keeps, then deletions past their grace, then rebases dependents of tombstones, then returns
/// unused pages. Works in short transactions, each of which leaves a complete store; a later round continues an interrupted one.
/// </summary>
internal sealed class GarbageCollector(ICatalog catalog, IBaseStore bases, TaskCatalog tasks, AuditWriter audit, EngineOptions options)
{
    // Deletions are quick, but a waiting writer should not wait for ten thousand of them.
    private const int InOneTransaction = 64;
    private const int MaxBases = 1000;

    private readonly RetentionEvaluator evaluator = new(tasks, options);

    private readonly TombstoneRebaser groups = new(catalog, RecodeContext.Create(tasks, bases, options));

    /// <summary>Runs a round.</summary>
    public async Task<CollectResult> RunAsync(CollectOptions wanted, CancellationToken cancellationToken)
    {
        var (round, before) = (new CollectRound(wanted, options), catalog.Space.FileBytes);
        await ApplyRetentionAsync(round, cancellationToken);
        await EndGraceAsync(round, cancellationToken);
        await groups.FreeAsync(round, cancellationToken);
        await catalog.Space.ReturnAsync(() => round.HasTime, cancellationToken);
        round.Returned = before - catalog.Space.FileBytes;
        using var snapshot = catalog.OpenSnapshot();
        return round.End(StorageReporter.GraceOfStore(snapshot.View), snapshot.View.Bases.Unused(MaxBases));
    }

    /// <summary>Ends the grace of the oldest deletions, up to a number of bytes, and returns freed bytes to the disk.</summary>
    /// <returns>Whether the database's files have shrunk.</returns>
    public async Task<bool> EndOldestAsync(long bytes, CancellationToken cancellationToken)
    {
        var (round, before) = (new CollectRound(new CollectOptions(), options), catalog.Space.FileBytes);
        if (!await catalog.WriteAsync(writer => GraceCollector.EndOldest(writer, options.Grace.Now, bytes, audit), cancellationToken))
        {
            return false;
        }

        await EndGraceAsync(round, cancellationToken);
        await groups.FreeAsync(round, cancellationToken);
        await catalog.Space.ReturnAsync(() => true, cancellationToken);
        return catalog.Space.FileBytes < before;
    }

    /// <summary>Whether the retention of a task would delete one of its steps.</summary>
    public bool Removes(ICatalogView view, string task, long step) =>
        view.Tasks.Find(task) is not null && evaluator.Tasks(view, task) is [var (context, rules)]
            && evaluator.Removable(view, context, rules).Contains(step);

    /// <summary>The checkpoints that a retention of a task would delete now; <see langword="null"/> for the store's retention.</summary>
    public RetentionPreview Preview(ICatalogView view, TaskContext task, Retention? retention)
    {
        var steps = evaluator.RulesOf(task with { Retention = retention }) is { HasRules: true } rules
            ? evaluator.Removable(view, task, rules) : [];
        var bytes = view.Checkpoints.BytesOfSteps(task.Id, steps);
        return new RetentionPreview(steps.Count, [.. steps.Take(RetentionPreview.MaxListed)], bytes, options.DeletionGrace, null);
    }

    /// <summary>Estimates a round.</summary>
    public CollectResult Plan(CollectOptions wanted, CancellationToken cancellationToken)
    {
        var round = new CollectRound(wanted, options);
        using var snapshot = catalog.OpenSnapshot();
        var view = snapshot.View;
        var removable = new List<CheckpointRow>();
        foreach (var (task, rules) in evaluator.Tasks(view, wanted.Task))
        {
            foreach (var step in evaluator.Removable(view, task, rules))
            {
                var row = view.Checkpoints.AtStep(task.Id, step)!;
                removable.Add(row);
                round.Deleted(Listed(view, round, row, rules));
            }
        }

        // A deletion now frees nothing before the end of its grace.
        var expired = GraceCollector.Expired(view, options.Grace.Now, wanted);
        var (immediate, use) = (wanted.Now || options.Grace.IsNone, StorageReporter.GraceOfStore(view));
        round.Purged = expired.Count + (wanted.Now ? removable.Count : 0);
        groups.Estimate(view, round, [.. expired, .. immediate ? removable.Select(row => row.Id) : []], cancellationToken);
        var kept = immediate ? [] : removable;
        use = use with
        {
            Checkpoints = use.Checkpoints - expired.Count + kept.Count,
            Bytes = use.Bytes - view.Checkpoints.BytesOf(expired) + kept.Sum(Owned),
        };
        round.Returned = view.UnusedBytes;
        return round.End(use, view.Bases.Unused(MaxBases));
    }

    private async Task ApplyRetentionAsync(CollectRound round, CancellationToken cancellationToken)
    {
        IReadOnlyList<(TaskContext Task, Retention Rules)> withRules;
        using (var snapshot = catalog.OpenSnapshot())
        {
            withRules = evaluator.Tasks(snapshot.View, round.Options.Task);
        }

        foreach (var (task, rules) in withRules)
        {
            var pending = PendingSteps.None;
            while (round.HasTime && (pending = await DeleteSomeAsync(round, task, rules, pending, cancellationToken)).Steps.Length > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private async Task EndGraceAsync(CollectRound round, CancellationToken cancellationToken)
    {
        if (round.Options.Now && round.HasTime)
        {
            await catalog.WriteAsync(writer => GraceCollector.EndAll(writer, options.Grace.Now, round.Options.Task, audit),
                cancellationToken);
        }

        for (var more = true; more && round.HasTime;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var ((removed, left), freed) = await catalog.WriteAsync(
                writer => writer.Totals.Freed(() => GraceCollector.Some(writer, options.Grace.Now, InOneTransaction)), cancellationToken);
            round.Purged += removed;
            round.Freed += freed;
            more = left;
        }
    }

    // Retention is decided in the transaction that deletes, so a tag or save that came meanwhile counts.
    private async Task<PendingSteps> DeleteSomeAsync(
        CollectRound round, TaskContext task, Retention rules, PendingSteps pending, CancellationToken cancellationToken)
    {
        var ((deleted, left), freed) = await catalog.WriteAsync(
            writer => writer.Totals.Freed(() => DeleteSome(writer, round, task, rules, pending)), cancellationToken);
        deleted.ForEach(round.Deleted);
        round.Freed += freed;
        return left;
    }

    private (List<CollectedCheckpoint?> Deleted, PendingSteps Left) DeleteSome(
        ICatalogWriter writer, CollectRound round, TaskContext task, Retention rules, PendingSteps pending)
    {
        if (writer.Tasks.FindId(task.Name) != task.Id)
        {
            return ([], PendingSteps.None);
        }

        // Without another write since the last transaction of this pass, its decision still holds.
        var (commits, version) = (catalog.Commits, writer.VersionOfOthers);
        var steps = pending.Commits == commits && pending.Version == version ? pending.Steps : evaluator.Removable(writer, task, rules)
            .ToArray();
        var deleted = new List<CollectedCheckpoint?>();
        foreach (var step in steps[..Math.Min(InOneTransaction, steps.Length)].Span)
        {
            var row = writer.Checkpoints.AtStep(task.Id, step)!;
            deleted.Add(Listed(writer, round, row, rules));
            CheckpointRemover.Remove(writer, row, options.Grace);
            audit.Note(writer, "checkpoint.collect", task.Name, row.Label, AuditWriter.Deleted, Owned(row));
        }

        return (deleted, new PendingSteps(commits + 1, version, steps[deleted.Count..]));
    }

    private static long Owned(CheckpointRow row) => row.FrameBytes + row.TrainerBytes + (row.IsBlocks ? 0 : row.PositionBytes);

    private static CollectedCheckpoint? Listed(ICatalogView view, CollectRound round, CheckpointRow row, Retention rules) => round.Lists
        ? new CollectedCheckpoint(row.TaskName, row.Step, RetentionPlan.Describe(rules), Owned(row), view.Tombstones.NeededBy(row.Id))
        : null;

    // The steps of a task left to delete, and the numbers of commits by this process and by others when that was decided.
    private sealed record PendingSteps(long Commits, long Version, ReadOnlyMemory<long> Steps)
    {
        public static PendingSteps None { get; } = new(-1, -1, default);
    }
}
