using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Cli.Output;

/// <summary>Hands what a store says of its work on to the line that is shown for it, if one is.</summary>
internal sealed class WorkRelay : IProgress<WorkProgress>
{
    private ProgressLine? line;

    public void Report(WorkProgress value) => Volatile.Read(ref line)?.Set(value.Done, value.Total);

    /// <summary>Lets a line follow the work until the answer is disposed.</summary>
    public IDisposable Follow(ProgressLine shown)
    {
        Volatile.Write(ref line, shown);
        return new Following(this);
    }

    private sealed class Following(WorkRelay relay) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref relay.line, null);
    }
}
