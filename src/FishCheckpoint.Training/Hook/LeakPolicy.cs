namespace FishCheckpoint.Training;

/// <summary>What a hook does about values that training changed outside of the mask.</summary>
public enum LeakPolicy
{
    /// <summary>Reports them and saves without them: the checkpoint then is not what the trainer holds.</summary>
    Warn,

    /// <summary>Reports them and saves these positions too, from this checkpoint on.</summary>
    Widen,

    /// <summary>Throws out of the training loop (MASK_LEAK), storing nothing of this step.</summary>
    Fail,
}
