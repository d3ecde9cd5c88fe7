namespace FishCheckpoint.Training;

/// <summary>What of each gradient is summed up.</summary>
public enum FisherPower
{
    /// <summary>Its square: the Fisher information of the paper.</summary>
    Square,

    /// <summary>Its absolute value: a variant of the authors' code, less swayed by single examples with large gradients.</summary>
    Absolute,
}
