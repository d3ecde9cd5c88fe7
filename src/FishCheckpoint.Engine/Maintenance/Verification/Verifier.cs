using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>
/// Verifies what is stored, one thing after another, each in a snapshot of its own, so that nobody waits for it; what was verified, and
/// what was found, is kept.
/// </summary>
internal sealed class Verifier(ICatalog catalog, IBaseStore bases, EngineOptions options)
{
    // Things that were verified are noted together: a commit for each would cost more than reading a small one.
    private const int NotedTogether = 64;
    private const int MaxNames = 1000;

    private readonly List<(VerifyItem Item, IReadOnlyList<Finding> Findings)> unnoted = [];
    private readonly List<DamagedItem> damaged = [];
    private readonly HashSet<long> affected = [];

    /// <summary>What the round has found, with the things that it was found in.</summary>
    public List<(VerifyItem Item, Finding Finding)> Found { get; } = [];

    public async Task<VerifyReport> RunAsync(VerifyOptions wanted, CancellationToken cancellation)
    {
        var (budget, started) = (new WorkBudget(options.Time, wanted.MaxTime, wanted.MaxBytes), options.Time.GetUtcNow());
        var (task, checkpoints) = Begin(wanted);
        if (TryPlan(wanted, task) is not { } plan)
        {
            return End(finished: false);
        }

        try
        {
            await RunAsync(plan, budget, wanted.Quick, cancellation);
        }
        finally
        {
            await NoteAsync(wanted.Quick, CancellationToken.None);
        }

        if (!budget.IsSpent && wanted is { Task: null, Subset: null })
        {
            await TryWriteAsync(writer => writer.Verification.Sweep(wanted.Quick, started, options.Time.GetUtcNow()), cancellation);
        }

        return End(!budget.IsSpent);

        VerifyReport End(bool finished) => new(wanted.Quick, budget.Items, budget.Bytes, finished, checkpoints, affected.Count, damaged);
    }

    private async Task RunAsync(VerifyPlan plan, WorkBudget budget, bool quick, CancellationToken cancellation)
    {
        var (context, progress, inFile) = (new VerifyContext(bases), new ProgressReporter(options.Progress), 0L);
        context.Read = bytes => progress.At(budget.Bytes + (inFile += bytes));
        progress.Expect(plan.Bytes);
        while (plan.Next() is { } item)
        {
            cancellation.ThrowIfCancellationRequested();
            inFile = 0;
            if (!budget.Fits(item.Bytes))
            {
                return;
            }

            var together = plan.Relatives(item, budget.BytesLeft);
            foreach (var (known, findings) in new ItemCheck(context, quick).Run(catalog, together, cancellation))
            {
                plan.Done(known.Name);
                budget.Take(known.Bytes);
                findings.ForEach(Count);
                Found.AddRange(findings.Select(finding => (known, finding)));
                unnoted.Add((known, findings));
            }

            progress.At(budget.Bytes);

            // Gone by now, or not: it is not taken again.
            plan.Done(item.Name);
            if (unnoted.Count >= NotedTogether)
            {
                await NoteAsync(quick, cancellation);
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

    // Where even that cannot be read, the plan cannot be made either, and says so.
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

    // A database that cannot even be listed is damaged as one.
    private VerifyPlan? TryPlan(VerifyOptions wanted, long? task)
    {
        try
        {
            using var snapshot = catalog.OpenSnapshot();
            return VerifyPlan.Create(snapshot.View.Verification.Inventory(wanted.Quick, task), wanted.Subset);
        }
        catch (Exception error) when (Problems.IsDamage(error))
        {
            Count(new Finding("database", "database", $"{Problems.Of(error)} What it affects cannot be told.", []));
            return null;
        }
    }

    private async Task NoteAsync(bool quick, CancellationToken cancellation)
    {
        var now = options.Time.GetUtcNow();
        await TryWriteAsync(writer => unnoted.ForEach(one => writer.Verification.Mark(one.Item, one.Findings, quick, now)), cancellation);
        unnoted.Clear();
    }

    // What was found is reported, even where it cannot be kept: the disk may be full, and the database damaged.
    private async Task TryWriteAsync(Action<ICatalogWriter> write, CancellationToken cancellation)
    {
        try
        {
            await catalog.WriteAsync(
                writer =>
                {
                    write(writer);
                    return true;
                },
                cancellation);
        }
        catch (FishException)
        {
            // The next round verifies it again.
        }
    }
}
