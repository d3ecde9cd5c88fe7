using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Maintenance.Recoding;

/// <summary>
/// Makes stored frames smaller, one at a time: read and encoded in a snapshot, where it holds up nobody, and then put in place in a transaction that only copies
/// bytes. Whoever reads the old frame meanwhile has a snapshot of his own.
/// </summary>
internal sealed class Recoder(ICatalog catalog, IBaseStore bases, TaskCatalog tasks, EngineOptions options)
{
    private readonly RecodeContext means = new(
        tasks, bases, options.Codec with { Effort = CodecEffort.Small }, options.TemporaryFolder, new ParentCache(options.ParentCacheBytes));

    private readonly ProgressReporter meter = new(options.Progress);

    public async Task<RecodeResult> RunAsync(RecodeOptions wanted, CancellationToken cancellation)
    {
        var task = TaskOf(wanted);
        var round = new RecodeRound(wanted, options.Time);
        ExpectAll(task);
        var finished = await RunAsync(round, (view, after) => NextMask(view, after, task), cancellation)
            && await RunAsync(round, (view, after) => NextCheckpoint(view, after, task), cancellation);
        return round.End(finished);
    }

    private static RecodableMask? NextMask(ICatalogView view, long after, long? task) =>
        view.Recoding.NextMask(after, task) is { } mask ? new RecodableMask(mask.Id, mask.Frame, mask.Bytes, mask.Task) : null;

    private static RecodableCheckpoint? NextCheckpoint(ICatalogView view, long after, long? task) =>
        view.Recoding.NextCheckpoint(after, task) is { } found ? new RecodableCheckpoint(found.Row, found.Task) : null;

    private void ExpectAll(long? task)
    {
        if (meter.IsEnabled)
        {
            using var snapshot = catalog.OpenSnapshot();
            meter.Expect(snapshot.View.Recoding.BytesOfAll(task));
        }
    }

    private async Task<bool> RunAsync(RecodeRound round, Func<ICatalogView, long, Recodable?> next, CancellationToken cancellation)
    {
        for (var place = -1L; ;)
        {
            cancellation.ThrowIfCancellationRequested();
            var (frame, recoded, finished) = RecodeNext(round, view => next(view, place), cancellation);
            if (frame is null)
            {
                return finished;
            }

            place = frame.Place;
            meter.Add(frame.Bytes);
            using (recoded)
            {
                if (recoded is not null)
                {
                    round.Count(frame, recoded, await catalog.WriteAsync(writer => frame.Replace(writer, recoded), cancellation));
                }
            }
        }
    }

    // The snapshot ends before the frame is written: the log can then be emptied of what it kept alive.
    private (Recodable? Frame, RecodedFrame? Recoded, bool Finished) RecodeNext(
        RecodeRound round, Func<ICatalogView, Recodable?> next, CancellationToken cancellation)
    {
        using var snapshot = catalog.OpenSnapshot();
        var frame = next(snapshot.View);
        if (frame is null || !round.Allows(frame.Bytes))
        {
            return (null, null, frame is null);
        }

        try
        {
            return (frame, Recode(frame, snapshot.View, cancellation), false);
        }
        catch (FishException damage) when (damage.Kind != ErrorKind.Unavailable)
        {
            round.Count(frame, damage);
            return (frame, null, false);
        }
    }

    private RecodedFrame Recode(Recodable frame, ICatalogView view, CancellationToken cancellation)
    {
        try
        {
            return frame.Recode(view, means, cancellation);
        }
        catch (CatalogException error)
        {
            throw error.Refusal;
        }
    }

    private long? TaskOf(RecodeOptions wanted)
    {
        if (wanted.Task is null)
        {
            return null;
        }

        using var snapshot = catalog.OpenSnapshot();
        return snapshot.View.Tasks.IdOf(wanted.Task);
    }
}
