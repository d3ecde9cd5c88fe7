using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Engine.Maintenance;

/// <summary>Reports the progress of long work. For one thread at a time.</summary>
internal sealed class ProgressReporter(IProgress<WorkProgress>? progress)
{
    private long done;
    private long? total;

    /// <summary>Whether anyone receives the progress; otherwise totals need not be computed.</summary>
    public bool IsEnabled => progress is not null;

    /// <summary>Adds to the expected bytes.</summary>
    public void Expect(long bytes) => Report(done, (total ?? 0) + bytes);

    /// <summary>Adds to the finished bytes.</summary>
    public void Add(long bytes) => Report(done + bytes, total);

    /// <summary>Sets the finished bytes.</summary>
    public void Set(long bytes) => Report(bytes, total);

    private void Report(long now, long? all)
    {
        (done, total) = (now, all);
        progress?.Report(new WorkProgress(now, all));
    }
}
