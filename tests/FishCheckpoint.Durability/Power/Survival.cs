namespace FishCheckpoint.Durability.Power;

/// <summary>What survives of changes that were not synced.</summary>
public enum Survival
{
    None,
    All,

    /// <summary>The first few of them, in their order; the last of these may be torn.</summary>
    Beginning,

    /// <summary>Any of them, each in parts.</summary>
    Some,
}
