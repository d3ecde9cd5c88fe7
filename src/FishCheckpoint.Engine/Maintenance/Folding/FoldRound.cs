using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Chains;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Maintenance.Folding;

/// <summary>What a round may still do, and what it has done.</summary>
internal sealed class FoldRound(FoldOptions options, TimeProvider time)
{
    private readonly long started = time.GetTimestamp();
    private readonly List<DamagedFrame> damaged = [];
    private long folded;
    private long kept;
    private long skipped;
    private long growth;
    private long before;
    private long after;
    private long read;

    /// <summary>Whether a checkpoint may be begun for which so many bytes of frames are read. Damaged ones come again in every round, and cost it no bytes.</summary>
    public bool Allows(long bytes) => folded + kept + skipped + damaged.Count == 0
        || ((read == 0 || options.MaxBytes is not { } most || read <= most - bytes) && (options.MaxTime is not { } longest || time.GetElapsedTime(started) < longest));

    public void CountFolded(RebasedCheckpoint rebased, long bytes, long chain)
    {
        (folded, read, growth) = (folded + 1, read + bytes, growth + rebased.Growth - rebased.Freed);
        (before, after) = (before + rebased.Row.ChainBytes, after + chain);
    }

    public void CountKept(long bytes) => (kept, read) = (kept + 1, read + bytes);

    public void CountSkipped() => skipped++;

    public void Count(string key, FishException damage) =>
        damaged.Add(new DamagedFrame(key, $"{ErrorCodes.NameOf(damage.Code)} ({damage.Key}): {damage.Cause}"));

    public FoldResult End(bool finished) => new(folded, kept, skipped, growth, before, after, finished, damaged);
}
