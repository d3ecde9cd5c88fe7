namespace FishCheckpoint.Training;

/// <summary>Decides which steps are due: every Nth step, and the first step after an interval. Used on the training thread only.</summary>
internal sealed class Cadence(CheckpointHookOptions options)
{
    private long lastSave = options.Clock.GetTimestamp();

    public bool IsDue(long step) => (options.SaveEverySteps > 0 && step % options.SaveEverySteps == 0)
        || (options.SaveEvery is { } every && options.Clock.GetElapsedTime(lastSave) >= every);

    public void Saved() => lastSave = options.Clock.GetTimestamp();
}
