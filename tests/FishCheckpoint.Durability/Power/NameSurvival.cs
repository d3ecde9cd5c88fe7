namespace FishCheckpoint.Durability.Power;

/// <summary>What survives of created, moved and removed names whose folder was not synced.</summary>
public enum NameSurvival
{
    None,
    All,

    /// <summary>Each sync keeps all names until then, as a journal does, and then the first few more.</summary>
    Journal,

    /// <summary>Of each folder, the first few.</summary>
    BeginningOfFolder,

    /// <summary>Any of them.</summary>
    Some,
}
