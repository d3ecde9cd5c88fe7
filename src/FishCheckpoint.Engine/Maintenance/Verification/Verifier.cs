using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>Verifies stored items one after another, each in its own snapshot so that nobody waits, and records the results.</summary>
internal sealed class Verifier(ICatalog catalog, IBaseStore bases, EngineOptions options)
{
    // Results are recorded together: one commit for each would cost more than reading a small item.
    private const int NotedTogether = 64;
    private const int MaxNames = 1000;

    private readonly List<(VerifyItem Item, IReadOnlyList<Finding> Findings)> unnoted = [];
    private readonly List<DamagedItem> damaged = [];
    private readonly HashSet<long> affected = [];

    /// <summary>The findings of the round with their items.</summary>
    public List<(VerifyItem Item, Finding Finding)> Found { get; } = [];

    public async Task<VerifyReport> RunAsync(VerifyOptions wanted, CancellationToken cancellationToken)
    {
        var (budget, started) = (new WorkBudget(options.Time, wanted.MaxTime, wanted.MaxBytes), options.Time.GetUtcNow());
        var (task, checkpoints) = Begin(wanted);
        if (TryPlan(wanted, task) is not { } plan)
        {
            return End(finished: false);
        }

        try
        {
            await RunAsync(plan, budget, wanted.Quick, cancellationToken);
        }
        finally
        {
            await NoteAsync(wanted.Quick, CancellationToken.None);
        }

        if (!budget.IsSpent && wanted is { Task: null, Subset: null })
        {
            await TryWriteAsync(writer => writer.Verification.Sweep(wanted.Quick, started, options.Time.GetUtcNow()), cancellationToken);
        }

        return End(!budget.IsSpent);

        VerifyReport End(bool finished) => new(wanted.Quick, budget.Items, budget.Bytes, finished, checkpoints, affected.Count, damaged);
    }

    private async Task RunAsync(VerifyPlan plan, WorkBudget budget, bool quick, CancellationToken cancellationToken)
    {
        var (context, progress, inFile) = (new VerifyContext(bases), new ProgressReporter(options.Progress), 0L);
        context.Read = bytes => progress.Set(budget.Bytes + (inFile += bytes));
        progress.Expect(plan.Bytes);
        while (plan.Next() is { } item)
        {
            cancellationToken.ThrowIfCancellationRequested();
            inFile = 0;
            if (!budget.Fits(item.Bytes))
            {
                return;
            }

            var together = plan.Relatives(item, budget.BytesLeft);
            foreach (var (known, findings) in new ItemCheck(context, quick).Run(catalog, together, cancellationToken))
            {
                plan.Done(known.Name);
                budget.Take(known.Bytes);
                findings.ForEach(Count);
                Found.AddRange(findings.Select(finding => (known, finding)));
                unnoted.Add((known, findings));
            }

            progress.Set(budget.Bytes);

            // Marks it as done even if it is gone.
            plan.Done(item.Name);
            if (unnoted.Count >= NotedTogether)
            {
                await NoteAsync(quick, cancellationToken);
            }
        }
    }

    private void Count(Finding finding)
    {
        affected.UnionWith(finding.Affected.Select(checkpoint => checkpoint.Id));
        var names = finding.Affected.Take(MaxNames).Select(checkpoint => checkpoint.Name);
        damaged.Add(new DamagedItem(finding.Key, finding.Problem, [.. names], finding.Affected.Count));
    }

    private (long? Task, long Checkpoints) Begin(VerifyOptions wanted)
    {
        using var snapshot = catalog.OpenSnapshot();
        var task = wanted.Task is null ? (long?)null : snapshot.View.Tasks.IdOf(wanted.Task);
        return (task, Count(snapshot.View, task));
    }

    // If this cannot be read, the plan cannot either, and reports the damage.
    private static long Count(ICatalogView view, long? task)
    {
        try
        {
            return view.Checkpoints.Count(task);
        }
        catch (CatalogException error) when (Problems.IsDamage(error))
        {
            return 0;
        }
    }

    // A database that cannot be listed counts as one damaged item.
    private VerifyPlan? TryPlan(VerifyOptions wanted, long? task)
    {
        try
        {
            using var snapshot = catalog.OpenSnapshot();
            return VerifyPlan.Create(snapshot.View.Verification.Inventory(wanted.Quick, task), wanted.Subset);
        }
        catch (Exception error) when (Problems.IsDamage(error))
        {
            Count(new Finding("database", "database", $"{Problems.Of(error)} The affected checkpoints are unknown.", []));
            return null;
        }
    }

    private async Task NoteAsync(bool quick, CancellationToken cancellationToken)
    {
        var now = options.Time.GetUtcNow();
        await TryWriteAsync(writer => unnoted.ForEach(one => writer.Verification.Mark(one.Item, one.Findings, quick, now)),
            cancellationToken);
        unnoted.Clear();
    }

    // Findings are reported even if they cannot be recorded, because the disk is full or the database damaged.
    private async Task TryWriteAsync(Action<ICatalogWriter> write, CancellationToken cancellationToken)
    {
        try
        {
            await catalog.WriteAsync(
                writer =>
                {
                    write(writer);
                    return true;
                },
                cancellationToken);
        }
        catch (FishException)
        {
            // The next round verifies the items again.
        }
    }
}
