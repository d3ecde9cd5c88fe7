using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Cli.Output;

/// <summary>Forwards the progress that a store reports to the state that is shown, if any.</summary>
internal sealed class ProgressForwarder : IProgress<WorkProgress>
{
    private WorkState? state;

    public void Report(WorkProgress value) => Volatile.Read(ref state)?.Set(value.Done, value.Total);

    /// <summary>Forwards reports to a state until the result is disposed.</summary>
    public IDisposable Follow(WorkState shown)
    {
        Volatile.Write(ref state, shown);
        return new Following(this);
    }

    private sealed class Following(ProgressForwarder forwarder) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref forwarder.state, null);
    }
}
