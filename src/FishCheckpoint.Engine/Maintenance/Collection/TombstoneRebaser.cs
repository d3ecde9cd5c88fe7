using System.Collections.Concurrent;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Chains;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Saving;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Maintenance.Collection;

/// <summary>
/// Frees tombstones: bases their descendants on the nearest ancestor that stays, and predicts values from something else, if that takes
/// less space than it frees. Ten deltas with little overlap can be smaller than one that replaces them.
/// </summary>
internal sealed class TombstoneRebaser(ICatalog catalog, RecodeContext context)
{
    // Groups that would not pay, until a member changes: each new attempt would cost as much.
    private readonly ConcurrentDictionary<string, bool> refused = new(StringComparer.Ordinal);

    /// <summary>Frees tombstones if that pays.</summary>
    public async Task FreeAsync(CollectRound round, CancellationToken cancellationToken)
    {
        foreach (var group in Read(view => view.Tombstones.Find([])))
        {
            if (group.Dependents.Count > 0 && round.HasTime && !refused.ContainsKey(group.Signature))
            {
                await FreeAsync(round, group, cancellationToken);
            }
        }

        foreach (var row in Read(view => view.Tombstones.PredictedFrom()))
        {
            if (round.HasTime)
            {
                await RebasePredictionsAsync(round, row, cancellationToken);
            }
        }

        round.KeptBytes = Read(view => view.Totals.TombstoneBytes());
    }

    /// <summary>
    /// Estimates the result, also for further checkpoints that would be deleted. Counts only one rebase of predicted values. Work that
    /// exceeds the time counts as kept.
    /// </summary>
    public void Estimate(ICatalogView view, CollectRound round, IReadOnlyCollection<long> removable, CancellationToken cancellationToken)
    {
        foreach (var group in view.Tombstones.Find(removable))
        {
            // A trainer state is deleted with its checkpoint, even if a tombstone remains.
            round.Freed += group.Tombstones.Sum(row => row.TrainerBytes);
            var read = ReadByOthers(view, group);
            if ((group.Dependents.Count > 0 || read.Count > 0) && !round.HasTime)
            {
                round.KeptBytes += group.KeptBytes;
                continue;
            }

            var growth = ReaderGrowth(view, round, read, cancellationToken);
            using var prepared = Prepare(view, round, group, cancellationToken);
            if (prepared is null || growth + prepared.Growth > group.Bytes)
            {
                round.KeptBytes += group.KeptBytes;
                continue;
            }

            round.Rebased += prepared.Frames.Count;
            round.Freed += group.Bytes - prepared.Growth - growth;
        }
    }

    private async Task FreeAsync(CollectRound round, TombstoneGroup group, CancellationToken cancellationToken)
    {
        using var prepared = Read(view => Prepare(view, round, group, cancellationToken));
        if (prepared is null)
        {
            refused.TryAdd(group.Signature, true);
            return;
        }

        foreach (var frame in prepared.Frames)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (written, freed) = await catalog.WriteAsync(
                frame.NewFrames, writer => writer.Totals.Freed(() => Rebaser.Replace(writer, frame)), cancellationToken);
            round.Rebased += written ? 1 : 0;
            round.Freed += freed;
        }
    }

    private async Task RebasePredictionsAsync(CollectRound round, CheckpointRow row, CancellationToken cancellationToken)
    {
        using var frames = Read(view => Guarded(round, row.Label, () => PredictionRebaser.Prepare(view, context, row, cancellationToken)));
        if (frames is null || frames.Frames.Count == 0 || frames.Growth > row.FrameBytes)
        {
            return;
        }

        try
        {
            var freed = await catalog.WriteAsync(
                frames.NewFrames, writer => writer.Totals.Freed(() => Put(writer, row, frames)).Freed, cancellationToken);
            round.Rebased += frames.Frames.Count;
            round.Freed += freed;
        }
        catch (ReferenceGoneException)
        {
            // A change came meanwhile; the next round handles it.
        }
    }

    private static bool Put(ICatalogWriter writer, CheckpointRow row, RebasedPredictions frames)
    {
        if (!PredictionRebaser.Replace(writer, row, frames))
        {
            throw new ReferenceGoneException();
        }

        CheckpointRemover.Collect(writer, row.Id);
        return true;
    }

    // Stops once the rebase no longer pays, so that the prepared frames never exceed what they free.
    private PreparedGroup? Prepare(ICatalogView view, CollectRound round, TombstoneGroup group, CancellationToken cancellationToken)
    {
        var prepared = new PreparedGroup();
        foreach (var (row, onto) in group.Dependents)
        {
            var frame = Guarded(round, row.Label, () => Rebaser.Prepare(view, context, row, onto, cancellationToken));
            if (frame is not null)
            {
                prepared.Frames.Add(frame);
            }

            if (frame is null || prepared.Growth > group.Bytes)
            {
                prepared.Dispose();
                return null;
            }
        }

        return prepared;
    }

    private static List<CheckpointRow> ReadByOthers(ICatalogView view, TombstoneGroup group)
    {
        var tombstones = group.Tombstones.Select(row => row.Id).ToHashSet();
        return [.. group.Tombstones.Where(row => view.Checkpoints.PredictedFrom(row.Id).Any(reader => !tombstones.Contains(reader.Id)))];
    }

    private long ReaderGrowth(ICatalogView view, CollectRound round, IReadOnlyList<CheckpointRow> read, CancellationToken cancellationToken)
    {
        var growth = 0L;
        foreach (var row in read)
        {
            using var frames = Guarded(round, row.Label, () => PredictionRebaser.Prepare(view, context, row, cancellationToken));
            growth += frames?.Growth ?? 0;
        }

        return growth;
    }

    private static T? Guarded<T>(CollectRound round, string key, Func<T> work)
        where T : class
    {
        try
        {
            return work();
        }
        catch (FishException damage) when (damage.Kind != ErrorKind.Unavailable)
        {
            round.Damaged.Add(new DamagedFrame(key, Problems.Of(damage)));
            return null;
        }
    }

    private T Read<T>(Func<ICatalogView, T> read)
    {
        using var snapshot = catalog.OpenSnapshot();
        return read(snapshot.View);
    }

    private sealed class PreparedGroup : IDisposable
    {
        public List<RebasedCheckpoint> Frames { get; } = [];

        public long Growth => Frames.Sum(frame => frame.Growth);

        public void Dispose() => Frames.ForEach(frame => frame.Dispose());
    }
}
