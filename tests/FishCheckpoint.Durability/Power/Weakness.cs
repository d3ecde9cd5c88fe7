namespace FishCheckpoint.Durability.Power;

/// <summary>What a disk leaves undone although it says otherwise: with one of these the suite has to find faults.</summary>
public enum Weakness
{
    None,

    /// <summary>The syncs of files do nothing.</summary>
    FileSyncs,

    /// <summary>The syncs of folders do nothing.</summary>
    FolderSyncs,
}
