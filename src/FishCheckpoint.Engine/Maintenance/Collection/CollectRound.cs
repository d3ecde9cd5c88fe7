using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Maintenance.Collection;

/// <summary>The budget and the results of one round of collection.</summary>
internal sealed class CollectRound(CollectOptions options, EngineOptions store)
{
    private const int MaxListed = 1000;

    private readonly WorkBudget budget = new(store.Time, options.MaxTime);
    private readonly ProgressReporter progress = new(store.Progress);
    private readonly List<CollectedCheckpoint> listed = [];
    private long deleted;

    public CollectOptions Options => options;

    /// <summary>Whether there is time to start more work; a round that ran out of time is unfinished.</summary>
    public bool HasTime => budget.HasTime;

    public long Freed
    {
        get;
        set => progress.Set(field = value);
    }

    public long KeptBytes { get; set; }

    public long Returned { get; set; }

    public long Rebased { get; set; }

    public long Purged { get; set; }

    public List<DamagedFrame> Damaged { get; } = [];

    public bool Lists => listed.Count < MaxListed;

    public void Deleted(CollectedCheckpoint? checkpoint)
    {
        deleted++;
        if (checkpoint is not null)
        {
            listed.Add(checkpoint);
        }
    }

    /// <param name="grace">The deletions that can still be undone after the round.</param>
    /// <param name="unused">Bases without tasks.</param>
    public CollectResult End(GraceUse grace, IReadOnlyList<UnusedBase> unused) => new(
        options.DryRun, deleted, listed, Rebased, Freed, KeptBytes, Returned, !budget.IsSpent, Damaged, Purged, grace, unused);
}
