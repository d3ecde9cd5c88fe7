namespace FishCheckpoint.Training;

/// <summary>What <see cref="CheckpointHook.OnStep"/> did with a step.</summary>
public enum StepOutcome
{
    /// <summary>The cadence does not save this step.</summary>
    NotDue,

    /// <summary>The masked values were copied and are being saved in the background.</summary>
    Queued,

    /// <summary>The step was due, but the saver was busy (<see cref="BusyPolicy.Skip"/>), or its store out of reach.</summary>
    Skipped,

    /// <summary>The values could not be copied; the report says why.</summary>
    Failed,

    /// <summary>The process was asked to stop; the step is stored, or its report says why not, and the loop is to end.</summary>
    Stopped,
}
