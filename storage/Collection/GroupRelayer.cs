using System.Collections.Concurrent;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Chains;
using FishCheckpoint.Storage.Checkpoints;
using FishCheckpoint.Storage.Recoding;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Storage.Collection;

/// <summary>
/// Frees deleted checkpoints of those that still need them: what is laid on them is laid on the next of the chain that stays, what is guessed from them is guessed from
/// something else. Only where that takes less than it frees: ten deltas that overlap little are smaller than the one that would stand for all of them.
/// </summary>
internal sealed class GroupRelayer(Database database, RecodeMeans means)
{
    // Groups that would not pay, until something in them changes: finding that out again would cost as much each time.
    private readonly ConcurrentDictionary<string, bool> refused = new(StringComparer.Ordinal);

    /// <summary>Frees what pays.</summary>
    public async Task FreeAsync(CollectRound round, CancellationToken cancellation)
    {
        foreach (var group in Read(connection => HiddenGroups.Find(connection, [])))
        {
            if (group.Dependants.Count > 0 && round.Goes && !refused.ContainsKey(group.Signature))
            {
                await FreeAsync(round, group, cancellation);
            }
        }

        foreach (var row in Read(HiddenGroups.GuessedFrom))
        {
            if (round.Goes)
            {
                await ReguessAsync(round, row, cancellation);
            }
        }

        round.Held = Read(TotalsTable.Held);
    }

    /// <summary>Says what that would free, if some more checkpoints were deleted. What is guessed from those is encoded again but once, so that the sum is an estimate there. What the time does not suffice for counts as held.</summary>
    public void Estimate(CatalogConnection connection, CollectRound round, IReadOnlyCollection<long> going, CancellationToken cancellation)
    {
        foreach (var group in HiddenGroups.Find(connection, going))
        {
            // A trainer state goes with its checkpoint, whatever is held of that.
            round.Freed += group.Hidden.Sum(row => row.TrainerBytes);
            var read = ReadByOthers(connection, group);
            if ((group.Dependants.Count > 0 || read.Count > 0) && !round.Goes)
            {
                round.Held += group.HeldBytes;
                continue;
            }

            var growth = ReaderGrowth(connection, round, read, cancellation);
            using var prepared = Prepare(connection, round, group, cancellation);
            if (prepared is null || growth + prepared.Growth > group.Bytes)
            {
                round.Held += group.HeldBytes;
                continue;
            }

            round.Relaid(prepared.Frames.Count);
            round.Freed += group.Bytes - prepared.Growth - growth;
        }
    }

    private async Task FreeAsync(CollectRound round, HiddenGroup group, CancellationToken cancellation)
    {
        using var prepared = Read(connection => Prepare(connection, round, group, cancellation));
        if (prepared is null)
        {
            refused.TryAdd(group.Signature, true);
            return;
        }

        foreach (var frame in prepared.Frames)
        {
            cancellation.ThrowIfCancellationRequested();
            var (written, freed) = await database.WriteAsync(
                connection => TotalsTable.Freed(connection, () => Relayer.Replace(connection, frame)), cancellation);
            round.Relaid(written ? 1 : 0);
            round.Freed += freed;
        }
    }

    private async Task ReguessAsync(CollectRound round, CheckpointRow row, CancellationToken cancellation)
    {
        using var frames = Read(connection => Guarded(round, row.Label, () => Reguesser.Prepare(connection, means, row, cancellation)));
        if (frames is null || frames.Frames.Count == 0 || frames.Growth > row.FrameBytes)
        {
            return;
        }

        try
        {
            var freed = await database.WriteAsync(connection => TotalsTable.Freed(connection, () => Put(connection, row, frames)).Freed, cancellation);
            round.Relaid(frames.Frames.Count);
            round.Freed += freed;
        }
        catch (ReferenceGoneException)
        {
            // Something changed meanwhile: the next round finds it as it is then.
        }
    }

    private static bool Put(CatalogConnection connection, CheckpointRow row, ReguessedFrames frames)
    {
        if (!Reguesser.Replace(connection, row, frames))
        {
            throw new ReferenceGoneException();
        }

        CheckpointRemover.Collect(connection, row.Id);
        return true;
    }

    // Given up as soon as it does not pay: so that what lies prepared is never more than what is freed.
    private PreparedGroup? Prepare(CatalogConnection connection, CollectRound round, HiddenGroup group, CancellationToken cancellation)
    {
        var prepared = new PreparedGroup();
        foreach (var (row, onto) in group.Dependants)
        {
            var frame = Guarded(round, row.Label, () => Relayer.Prepare(connection, means, row, onto, cancellation));
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

    private static List<CheckpointRow> ReadByOthers(CatalogConnection connection, HiddenGroup group)
    {
        var hidden = group.Hidden.Select(row => row.Id).ToHashSet();
        return [.. group.Hidden.Where(row => CheckpointTable.GuessedFrom(connection, row.Id).Any(reader => !hidden.Contains(reader.Id)))];
    }

    private long ReaderGrowth(CatalogConnection connection, CollectRound round, IReadOnlyList<CheckpointRow> read, CancellationToken cancellation)
    {
        var growth = 0L;
        foreach (var row in read)
        {
            using var frames = Guarded(round, row.Label, () => Reguesser.Prepare(connection, means, row, cancellation));
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
            round.Damaged(key, damage);
            return null;
        }
    }

    private T Read<T>(Func<CatalogConnection, T> read)
    {
        using var snapshot = database.OpenSnapshot();
        return read(snapshot.Connection);
    }

    private sealed class PreparedGroup : IDisposable
    {
        public List<RelaidFrame> Frames { get; } = [];

        public long Growth => Frames.Sum(frame => frame.Growth);

        public void Dispose() => Frames.ForEach(frame => frame.Dispose());
    }
}
