using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Cli.Output;

/// <summary>Hands what a store reports of its work on to the state that is shown for it, if one is.</summary>
internal sealed class WorkRelay : IProgress<WorkProgress>
{
    private WorkState? state;

    public void Report(WorkProgress value) => Volatile.Read(ref state)?.Set(value.Done, value.Total);

    /// <summary>Sets a state by the reports until the result is disposed.</summary>
    public IDisposable Follow(WorkState shown)
    {
        Volatile.Write(ref state, shown);
        return new Following(this);
    }

    private sealed class Following(WorkRelay relay) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref relay.state, null);
    }
}
