namespace FishCheckpoint.Training;

/// <summary>The role of a tensor in a <see cref="MaskRule"/>.</summary>
public enum TensorRole
{
    /// <summary>Its positions compete for the budget.</summary>
    Competing,

    /// <summary>The mask includes all of it, and the budget counts it.</summary>
    AlwaysTrained,

    /// <summary>It shares the memory of an earlier tensor: it has the same positions, and the budget does not count it again.</summary>
    Alias,

    /// <summary>It does not train.</summary>
    Frozen,
}
