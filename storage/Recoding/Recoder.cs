using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Checkpoints;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Tasks;

namespace FishCheckpoint.Storage.Recoding;

/// <summary>
/// Makes stored frames smaller, one at a time: read and encoded in a snapshot, where it holds up nobody, and then put in place in a transaction that only copies
/// bytes. Whoever reads the old frame meanwhile has a snapshot of his own.
/// </summary>
internal sealed class Recoder(Database database, BaseFolder folder, TaskTable tasks, StoreOptions options)
{
    private readonly RecodeMeans means = new(
        tasks, folder, options.Codec with { Effort = CodecEffort.Small }, options.TemporaryFolder, new ParentCache(options.ParentCacheBytes));

    private readonly WorkMeter meter = new(options.Progress);

    public async Task<RecodeResult> RunAsync(RecodeOptions wanted, CancellationToken cancellation)
    {
        var task = TaskOf(wanted);
        var round = new RecodeRound(wanted, options.Time);
        ExpectAll(task);
        var finished = await RunAsync(round, (connection, after) => NextMask(connection, after, task), cancellation)
            && await RunAsync(round, (connection, after) => NextCheckpoint(connection, after, task), cancellation);
        return round.End(finished);
    }

    private static RecodableMask? NextMask(CatalogConnection connection, long after, long? task) =>
        RecodeQueue.NextMask(connection, after, task) is { } mask ? new RecodableMask(mask.Id, mask.Frame, mask.Bytes, mask.Task) : null;

    private static RecodableCheckpoint? NextCheckpoint(CatalogConnection connection, long after, long? task) =>
        RecodeQueue.NextCheckpoint(connection, after, task) is { } found ? new RecodableCheckpoint(found.Row, found.Task) : null;

    private void ExpectAll(long? task)
    {
        if (meter.IsTold)
        {
            using var snapshot = database.OpenSnapshot();
            meter.Expect(RecodeQueue.BytesOfAll(snapshot.Connection, task));
        }
    }

    private async Task<bool> RunAsync(RecodeRound round, Func<CatalogConnection, long, Recodable?> next, CancellationToken cancellation)
    {
        for (var place = -1L; ;)
        {
            cancellation.ThrowIfCancellationRequested();
            var (frame, recoded, finished) = RecodeNext(round, connection => next(connection, place), cancellation);
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
                    round.Count(frame, recoded, await database.WriteAsync(connection => frame.Replace(connection, recoded), cancellation));
                }
            }
        }
    }

    // The snapshot ends before the frame is written: the log can then be emptied of what it kept alive.
    private (Recodable? Frame, RecodedFrame? Recoded, bool Finished) RecodeNext(
        RecodeRound round, Func<CatalogConnection, Recodable?> next, CancellationToken cancellation)
    {
        using var snapshot = database.OpenSnapshot();
        var frame = next(snapshot.Connection);
        if (frame is null || !round.Allows(frame.Bytes))
        {
            return (null, null, frame is null);
        }

        try
        {
            return (frame, Recode(frame, snapshot.Connection, cancellation), false);
        }
        catch (FishException damage) when (damage.Kind != ErrorKind.Unavailable)
        {
            round.Count(frame, damage);
            return (frame, null, false);
        }
    }

    private RecodedFrame Recode(Recodable frame, CatalogConnection connection, CancellationToken cancellation)
    {
        try
        {
            return frame.Recode(connection, means, cancellation);
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

        using var snapshot = database.OpenSnapshot();
        return TaskTable.IdOf(snapshot.Connection, wanted.Task);
    }
}
