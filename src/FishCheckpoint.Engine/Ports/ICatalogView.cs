
namespace FishCheckpoint.Engine.Ports;

/// <summary>Answers questions about what is stored. One thread at a time.</summary>
/// <remarks>Every question throws <see cref="CatalogException"/> if the database fails.</remarks>
internal interface ICatalogView
{
    /// <summary>Bases, their names and files.</summary>
    IBaseRows Bases { get; }

    /// <summary>Tasks.</summary>
    ITaskRows Tasks { get; }

    /// <summary>Checkpoints, their chains and references.</summary>
    ICheckpointRows Checkpoints { get; }

    /// <summary>Masks, and which checkpoint accounts for the frame of each.</summary>
    IMaskRows Masks { get; }

    /// <summary>Frames: the bytes of masks, values, trainer states and side files.</summary>
    IFrameRows Frames { get; }

    /// <summary>Headers of models that a trainer laid out otherwise than their task.</summary>
    IHeaderRows Headers { get; }

    /// <summary>Side files of checkpoints.</summary>
    ISideFileRows SideFiles { get; }

    /// <summary>Tags.</summary>
    ITagRows Tags { get; }

    /// <summary>The grace of deleted checkpoints and tasks.</summary>
    IGraceRows Grace { get; }

    /// <summary>Deleted checkpoints and tasks that can be brought back.</summary>
    IDeletedRows Deleted { get; }

    /// <summary>Deleted checkpoints that others still need.</summary>
    ITombstoneRows Tombstones { get; }

    /// <summary>Checkpoints to fold.</summary>
    IFoldQueue Folding { get; }

    /// <summary>Frames to recode.</summary>
    IRecodeQueue Recoding { get; }

    /// <summary>What is stored, when each thing was verified, and what damage affects.</summary>
    IVerificationRows Verification { get; }

    /// <summary>Running totals of the store, its bases and tasks.</summary>
    ITotalsRows Totals { get; }

    /// <summary>Growth by day.</summary>
    IGrowthRows Growth { get; }

    /// <summary>Checkpoints and metrics along the steps of a task.</summary>
    ITimelineRows Timeline { get; }

    /// <summary>Totals by tensor.</summary>
    ITensorRows Tensors { get; }

    /// <summary>Events of tasks.</summary>
    IEventRows Events { get; }

    /// <summary>Keys.</summary>
    IKeyRows Keys { get; }

    /// <summary>Quotas of tasks and keys.</summary>
    IQuotaRows Quotas { get; }

    /// <summary>The audit log.</summary>
    IAuditRows Audit { get; }

    /// <summary>Bytes that the catalog takes, unused ones included.</summary>
    long Bytes { get; }

    /// <summary>Bytes that nothing uses and the disk has not got back.</summary>
    long UnusedBytes { get; }

    /// <summary>A number that changes when another process has written.</summary>
    long VersionOfOthers { get; }

    /// <summary>The database's own check of its structure, if it has one.</summary>
    /// <param name="most">The most problems to look for.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What is wrong.</returns>
    IReadOnlyList<string> CheckStructure(int most, CancellationToken cancellation);

    /// <summary>Rows that refer to a row that is missing.</summary>
    IReadOnlyList<(string Table, long? Row, string Missing)> CheckReferences();
}
