namespace FishCheckpoint.Training;

/// <summary>Which function of each gradient is summed.</summary>
public enum FisherPower
{
    /// <summary>The square: the Fisher information of the paper.</summary>
    Square,

    /// <summary>
    /// The absolute value: a variant in the authors' code that is less sensitive to single examples with large gradients.
    /// </summary>
    Absolute,
}
