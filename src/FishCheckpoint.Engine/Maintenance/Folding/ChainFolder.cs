using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Access;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Maintenance.Folding;

/// <summary>One round of folding: first the checkpoints that cost too much to read, then those whose parent is deleted.</summary>
internal sealed class ChainFolder(
    ICatalog catalog, IBaseStore bases, TaskCatalog tasks, AuditWriter audit, EngineOptions options, FoldOptions wanted)
{
    private readonly ProgressReporter progress = new(options.Progress);

    public async Task<FoldResult> RunAsync(CancellationToken cancellationToken)
    {
        var budget = new WorkBudget(options.Time, wanted.MaxTime, wanted.MaxBytes);
        var (folded, growth, before, after) = (0L, 0L, 0L, 0L);
        var loop = new RewriteLoop<FoldItem>(catalog, RecodeContext.Create(tasks, bases, options), budget, progress, item =>
        {
            (folded, growth) = (folded + 1, growth + item.Growth);
            (before, after) = (before + item.ChainBefore, after + item.ChainAfter);
        });
        foreach (var task in TasksOf(wanted.Task).TakeWhile(_ => !budget.IsSpent))
        {
            ExpectCostly(task);
            await loop.RunAsync(
                (view, place) => Find(view, task, (id, bound) => view.Folding.NextCostly(id, place, bound)), cancellationToken);
            await loop.RunAsync(
                (view, place) => Find(view, task, (id, _) => view.Folding.NextOnDeleted(id, place)), cancellationToken);
        }

        return new FoldResult(folded, loop.Kept, loop.Skipped, growth, before, after, !budget.IsSpent, loop.Damaged);
    }

    private void ExpectCostly(string task)
    {
        using var snapshot = catalog.OpenSnapshot();
        if (progress.IsEnabled && snapshot.View.Tasks.Exists(task))
        {
            var context = tasks.Context(snapshot.View, task);
            progress.Expect(snapshot.View.Folding.BytesOfCostly(context.Id, BoundOf(context)));
        }
    }

    // A task that was deleted meanwhile has nothing to fold.
    private FoldItem? Find(ICatalogView view, string task, Func<long, ChainBound, FoldCandidate?> find)
    {
        if (!view.Tasks.Exists(task))
        {
            return null;
        }

        var context = tasks.Context(view, task);
        var bound = BoundOf(context);
        return find(context.Id, bound) is { } found ? new FoldItem(found, context, bound, audit) : null;
    }

    private ChainBound BoundOf(TaskContext context) =>
        new(context.Layout.BaseBytes, wanted.MaxReadCost ?? options.MaxReadCost, options.MaxChainDepth);

    private List<string> TasksOf(string? name)
    {
        using var snapshot = catalog.OpenSnapshot();
        if (name is null)
        {
            return snapshot.View.Tasks.Names();
        }

        _ = snapshot.View.Tasks.IdOf(name);
        return [name];
    }
}
