using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Engine.Maintenance;

/// <summary>Counts what long work has done, for whoever wants to know; for one thread at a time.</summary>
internal sealed class ProgressReporter(IProgress<WorkProgress>? told)
{
    private long done;
    private long? total;

    /// <summary>Whether somebody wants to know: what has to be counted for it is counted only then.</summary>
    public bool IsEnabled => told is not null;

    /// <summary>So many more bytes are to be done.</summary>
    public void Expect(long bytes) => Tell(done, (total ?? 0) + bytes);

    /// <summary>So many more bytes are done.</summary>
    public void Add(long bytes) => Tell(done + bytes, total);

    /// <summary>So many bytes are done in all.</summary>
    public void At(long bytes) => Tell(bytes, total);

    private void Tell(long now, long? all)
    {
        (done, total) = (now, all);
        told?.Report(new WorkProgress(now, all));
    }
}
