namespace FishCheckpoint.Training;

/// <summary>What a hook does about values that changed outside the mask.</summary>
public enum LeakPolicy
{
    /// <summary>Reports them and saves without them: the checkpoint then differs from the trainer's model.</summary>
    Warn,

    /// <summary>Reports them and includes their positions from this checkpoint on.</summary>
    Widen,

    /// <summary>Throws from the training loop (MASK_LEAK) and stores nothing of this step.</summary>
    Fail,
}
