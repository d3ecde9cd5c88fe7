namespace FishCheckpoint.Durability.Power;

/// <summary>What makes a folder of another one.</summary>
public enum CopyKind
{
    /// <summary>Nothing: the store is worked on.</summary>
    None,

    /// <summary>A restore of a backup into a new folder.</summary>
    Restore,

    /// <summary>A restore of a backup in the place of a store.</summary>
    Replace,

    /// <summary>A repair into a new folder, of a store whose first page is damaged: nothing of it is lost.</summary>
    Repair,
}
