using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Maintenance.Collection;

/// <summary>What a round of collection may still do, and what it has done.</summary>
internal sealed class CollectRound(CollectOptions options, EngineOptions store)
{
    private const int MaxListed = 1000;

    private readonly long started = store.Time.GetTimestamp();
    private readonly ProgressReporter meter = new(store.Progress);
    private readonly List<CollectedCheckpoint> listed = [];
    private readonly List<DamagedFrame> damaged = [];
    private long deleted;
    private long purged;
    private GraceUse grace = new(0, 0, null);
    private IReadOnlyList<UnusedBase> unused = [];
    private long rebased;
    private bool broken;

    public CollectOptions Options => options;

    public long Freed
    {
        get;
        set => meter.At(field = value);
    }

    public long Held { get; set; }

    public long Returned { get; set; }

    /// <summary>Whether there is time to begin something; a round that says no once is not finished.</summary>
    public bool Goes
    {
        get
        {
            broken |= options.MaxTime is { } longest && store.Time.GetElapsedTime(started) >= longest;
            return !broken;
        }
    }

    public bool Lists => listed.Count < MaxListed;

    public void Deleted(CollectedCheckpoint? checkpoint)
    {
        deleted++;
        if (checkpoint is not null)
        {
            listed.Add(checkpoint);
        }
    }

    public void Relaid(int checkpoints) => rebased += checkpoints;

    public void Purged(int checkpoints) => purged += checkpoints;

    /// <summary>Notes what can still be brought back after the round, and the bases that are of no use.</summary>
    public void Leaves(GraceUse use, IReadOnlyList<UnusedBase> bases) => (grace, unused) = (use, bases);

    public void Damaged(string key, FishException error) =>
        damaged.Add(new DamagedFrame(key, $"{ErrorCodes.NameOf(error.Code)} ({error.Key}): {error.Cause}"));

    public CollectResult End() => new(options.DryRun, deleted, listed, rebased, Freed, Held, Returned, !broken, damaged, purged, grace, unused);
}
