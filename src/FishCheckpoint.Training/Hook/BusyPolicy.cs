namespace FishCheckpoint.Training;

/// <summary>What a step that is to be saved does while the saver is busy with as many earlier ones as it may hold.</summary>
public enum BusyPolicy
{
    /// <summary>The step is not saved, and counted in <see cref="SaveSummary.Skipped"/>: training never waits for the store.</summary>
    Skip,

    /// <summary>Training waits until an earlier save is done: every due step is saved.</summary>
    Wait,
}
