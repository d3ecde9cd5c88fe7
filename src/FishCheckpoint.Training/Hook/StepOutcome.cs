namespace FishCheckpoint.Training;

/// <summary>The result of <see cref="CheckpointHook.OnStep"/>.</summary>
public enum StepOutcome
{
    /// <summary>The cadence does not save this step.</summary>
    NotDue,

    /// <summary>The masked values were copied and are being saved in the background.</summary>
    Queued,

    /// <summary>The step was due, but all slots were in use (<see cref="BusyPolicy.Skip"/>), or the store was unreachable.</summary>
    Skipped,

    /// <summary>The values could not be copied; the report gives the error.</summary>
    Failed,

    /// <summary>The process was asked to stop, and the loop must end. The step is stored, or its report gives the error.</summary>
    Stopped,
}
