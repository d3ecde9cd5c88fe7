namespace FishCheckpoint.Durability.Power;

/// <summary>Kinds of recorded calls, numbered as in Faults/record.c.</summary>
public enum DiskEventKind
{
    /// <summary>A line of the transcript: what was begun or acknowledged.</summary>
    Mark,
    Open,
    Close,
    Write,
    Size,
    Sync,
    Rename,
    Link,
    Unlink,
    MakeFolder,

    /// <summary>A call of which nobody knows what a disk would hold.</summary>
    Other,
}
