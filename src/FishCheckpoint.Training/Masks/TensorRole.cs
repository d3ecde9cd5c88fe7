namespace FishCheckpoint.Training;

/// <summary>What a tensor is to a <see cref="MaskRule"/>.</summary>
public enum TensorRole
{
    /// <summary>Its positions compete for the budget.</summary>
    Competing,

    /// <summary>It is in the mask as a whole, and counted in the budget.</summary>
    AlwaysTrained,

    /// <summary>It is the memory of an earlier tensor: it has that one's positions, and is not counted again.</summary>
    Alias,

    /// <summary>It does not train.</summary>
    Frozen,
}
