using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Access;
using FishCheckpoint.Engine.Chains;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Maintenance.Folding;

/// <summary>
/// Folds checkpoints one at a time: read and encoded in a snapshot, where it holds up nobody, and then put in place in a transaction that only copies bytes.
/// </summary>
internal sealed class ChainFolder(ICatalog catalog, IBaseStore bases, TaskCatalog tasks, AuditWriter audit, EngineOptions options)
{
    private readonly RecodeContext means = new(
        tasks, bases, options.Codec with { Effort = CodecEffort.Small }, options.TemporaryFolder, new ParentCache(options.ParentCacheBytes));

    private readonly ProgressReporter meter = new(options.Progress);

    public async Task<FoldResult> RunAsync(FoldOptions wanted, CancellationToken cancellation)
    {
        var (round, maxReadCost) = (new FoldRound(wanted, options.Time), wanted.MaxReadCost ?? options.MaxReadCost);
        foreach (var task in TasksOf(wanted))
        {
            ExpectCostly(task, maxReadCost);
            if (!await RunAsync(round, task, maxReadCost, (view, id, after, bound) => view.Folding.NextCostly(id, after, bound), cancellation)
                || !await RunAsync(round, task, maxReadCost, (view, id, after, _) => view.Folding.NextOnDeleted(id, after), cancellation))
            {
                return round.End(finished: false);
            }
        }

        return round.End(finished: true);
    }

    private async Task<bool> RunAsync(
        FoldRound round, string task, double maxReadCost, Func<ICatalogView, long, long, ChainBound, FoldCandidate?> next, CancellationToken cancellation)
    {
        for (var place = -1L; ;)
        {
            cancellation.ThrowIfCancellationRequested();
            var (found, rebased, finished) = FoldNext(round, task, place, maxReadCost, next, cancellation);
            if (found is null)
            {
                return finished;
            }

            place = found.Row.Id;
            meter.Add(found.Bytes);
            using (rebased)
            {
                if (rebased is not null)
                {
                    await WriteAsync(round, found, rebased, cancellation);
                }
            }
        }
    }

    private void ExpectCostly(string task, double maxReadCost)
    {
        using var snapshot = catalog.OpenSnapshot();
        if (meter.IsEnabled && snapshot.View.Tasks.Exists(task))
        {
            var context = tasks.Context(snapshot.View, task);
            meter.Expect(snapshot.View.Folding.BytesOfCostly(context.Id, new ChainBound(context.Layout.BaseBytes, maxReadCost, options.MaxChainDepth)));
        }
    }

    private async Task WriteAsync(FoldRound round, FoldCandidate found, RebasedCheckpoint rebased, CancellationToken cancellation)
    {
        var chain = await catalog.WriteAsync(writer => Put(writer, found.Row, rebased), cancellation);
        if (chain is { } bytes)
        {
            round.CountFolded(rebased, found.Bytes, bytes);
        }
        else
        {
            round.CountSkipped();
        }
    }

    // The bytes of the chain as it is then; null where something changed meanwhile.
    private long? Put(ICatalogWriter writer, CheckpointRow row, RebasedCheckpoint rebased)
    {
        if (!Rebaser.Replace(writer, rebased))
        {
            return null;
        }

        audit.Note(writer, "checkpoint.fold", row.TaskName, row.Label, AuditWriter.Changed, rebased.Growth);
        return writer.Checkpoints.Row(row.Id)!.ChainBytes;
    }

    // The snapshot ends before anything is written: the log can then be emptied of what it kept alive.
    private (FoldCandidate? Found, RebasedCheckpoint? Relaid, bool Finished) FoldNext(
        FoldRound round, string task, long place, double maxReadCost, Func<ICatalogView, long, long, ChainBound, FoldCandidate?> next, CancellationToken cancellation)
    {
        using var snapshot = catalog.OpenSnapshot();
        var view = snapshot.View;
        if (!view.Tasks.Exists(task))
        {
            return (null, null, true);
        }

        var context = tasks.Context(view, task);
        var bound = new ChainBound(context.Layout.BaseBytes, maxReadCost, options.MaxChainDepth);
        var found = next(view, context.Id, place, bound);
        if (found is null || !round.Allows(found.Bytes))
        {
            return (null, null, found is null);
        }

        try
        {
            var rebased = Rebase(view, context, found, bound, cancellation);
            if (rebased is null)
            {
                round.CountKept(found.Bytes);
            }

            return (found, rebased, false);
        }
        catch (FishException damage) when (damage.Kind != ErrorKind.Unavailable)
        {
            round.Count(found.Row.Label, damage);
            return (found, null, false);
        }
        catch (CatalogException error)
        {
            throw error.Refusal;
        }
    }

    private RebasedCheckpoint? Rebase(ICatalogView view, TaskContext context, FoldCandidate found, ChainBound bound, CancellationToken cancellation)
    {
        var rebased = Rebaser.Prepare(
            view, means, found.Row, found.CostsTooMuch ? Choose(view, context, found.Row, bound, cancellation) : found.Onto, cancellation);
        var gains = found.CostsTooMuch
            ? (rebased.Onto?.ChainBytes ?? 0) + rebased.Bytes < found.Row.ChainBytes || found.Row.Depth > bound.MaxDeltas : rebased.Growth <= found.Freed;
        if (gains)
        {
            return rebased;
        }

        rebased.Dispose();
        return null;
    }

    private CheckpointRow? Choose(ICatalogView view, TaskContext context, CheckpointRow row, ChainBound bound, CancellationToken cancellation)
    {
        using var whole = OpenedState.Open(view, bases, context, row);
        using var chain = OpenedState.Open(view, bases, context, view.Checkpoints.Row(row.Parent!.Value));
        using var chosen = new ParentChooser(view, context, bases, bound, means.Codec, means.TemporaryFolder, cancellation)
            .Choose(chain, whole.Cursors[^1], row.ChainBytes - chain.End.Bytes);
        return chosen.Checkpoint;
    }

    private List<string> TasksOf(FoldOptions wanted)
    {
        using var snapshot = catalog.OpenSnapshot();
        if (wanted.Task is not { } name)
        {
            return snapshot.View.Tasks.Names();
        }

        _ = snapshot.View.Tasks.IdOf(name);
        return [name];
    }
}
