using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Access;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Maintenance.Recoding;

/// <summary>One round that recodes stored frames: masks, then the frames of checkpoints.</summary>
internal sealed class Recoder(
    ICatalog catalog, IBaseStore bases, TaskCatalog tasks, AuditWriter audit, EngineOptions options, RecodeOptions wanted)
{
    public async Task<RecodeResult> RunAsync(CancellationToken cancellationToken)
    {
        var (budget, progress) = (new WorkBudget(options.Time, wanted.MaxTime, wanted.MaxBytes), new ProgressReporter(options.Progress));
        var task = Begin(progress);
        var (recoded, kept, after) = (0L, 0L, 0L);
        var loop = new RewriteLoop<Recodable>(catalog, RecodeContext.Create(tasks, bases, options), budget, progress, frame =>
        {
            (recoded, kept) = frame.IsSmaller ? (recoded + 1, kept) : (recoded, kept + 1);
            after += frame.BytesAfter;
        });
        await loop.RunAsync((view, place) => NextMask(view, place, task), cancellationToken);
        await loop.RunAsync((view, place) => NextCheckpoint(view, place, task), cancellationToken);
        var result = new RecodeResult(recoded, kept, loop.Skipped, budget.Bytes, after, !budget.IsSpent, loop.Damaged);
        return recoded == 0 ? result : await catalog.WriteAsync(
            writer =>
            {
                audit.Note(writer, "maintenance.recode", wanted.Task, wanted.Task ?? "store", AuditWriter.Changed, after - budget.Bytes);
                return result;
            },
            cancellationToken);
    }

    private static RecodableMask? NextMask(ICatalogView view, long after, long? task) =>
        view.Recoding.NextMask(after, task) is { } mask ? new RecodableMask(mask.Id, mask.Frame, mask.Bytes, mask.Task) : null;

    private static RecodableCheckpoint? NextCheckpoint(ICatalogView view, long after, long? task) =>
        view.Recoding.NextCheckpoint(after, task) is { } found ? new RecodableCheckpoint(found.Row, found.Task) : null;

    private long? Begin(ProgressReporter progress)
    {
        using var snapshot = catalog.OpenSnapshot();
        var task = wanted.Task is null ? (long?)null : snapshot.View.Tasks.IdOf(wanted.Task);
        if (progress.IsEnabled)
        {
            progress.Expect(snapshot.View.Recoding.BytesOfAll(task));
        }

        return task;
    }
}
