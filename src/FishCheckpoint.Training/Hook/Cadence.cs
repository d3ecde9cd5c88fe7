namespace FishCheckpoint.Training;

/// <summary>Which steps are due: every so many of them, and the first after so much time. Used on the training thread only.</summary>
internal sealed class Cadence(CheckpointHookOptions options)
{
    private long lastSave = options.Clock.GetTimestamp();

    public bool IsDue(long step) => (options.SaveEverySteps > 0 && step % options.SaveEverySteps == 0)
        || (options.SaveEvery is { } every && options.Clock.GetElapsedTime(lastSave) >= every);

    public void Saved() => lastSave = options.Clock.GetTimestamp();
}
