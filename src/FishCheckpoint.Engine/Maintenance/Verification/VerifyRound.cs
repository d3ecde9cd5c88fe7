using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>What a round may still read, and what it has found.</summary>
internal sealed class VerifyRound(VerifyOptions options, TimeProvider time)
{
    private const int MaxNames = 1000;

    private readonly long started = time.GetTimestamp();
    private readonly List<DamagedItem> damaged = [];
    private readonly HashSet<long> affected = [];
    private long items;
    private long bytes;

    /// <summary>Stored bytes of what was checked.</summary>
    public long Bytes => bytes;

    public bool Allows(long more) => items == 0
        || ((options.MaxBytes is not { } most || bytes == 0 || bytes <= most - more) && (options.MaxTime is not { } longest || time.GetElapsedTime(started) < longest));

    /// <summary>The first of some items that are checked together, and as many more as there are bytes left for.</summary>
    public IReadOnlyList<VerifyItem> Fitting(IReadOnlyList<VerifyItem> together)
    {
        var more = together[0].Bytes;
        return options.MaxBytes is not { } most ? together
            : [together[0], .. together.Skip(1).TakeWhile(item => (more += item.Bytes) <= most - bytes)];
    }

    public void Count(VerifyItem item) => (items, bytes) = (items + 1, bytes + item.Bytes);

    public void Count(Finding finding)
    {
        affected.UnionWith(finding.Affected.Select(checkpoint => checkpoint.Id));
        damaged.Add(new DamagedItem(
            finding.Key, finding.Problem, [.. finding.Affected.Take(MaxNames).Select(checkpoint => checkpoint.Name)], finding.Affected.Count));
    }

    public VerifyReport End(bool finished, long checkpoints) => new(options.Quick, items, bytes, finished, checkpoints, affected.Count, damaged);
}
