namespace FishCheckpoint.Training;

/// <summary>What happens to a due step while all slots for copies are in use.</summary>
public enum BusyPolicy
{
    /// <summary>The step is not saved but counted in <see cref="SaveSummary.Skipped"/>; training never waits for the store.</summary>
    Skip,

    /// <summary>Training waits until an earlier save is done: every due step is saved.</summary>
    Wait,
}
