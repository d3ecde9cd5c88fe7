
namespace FishCheckpoint.Engine.Ports;

/// <summary>Answers questions about the store. For one thread at a time.</summary>
/// <remarks>Every question throws <see cref="CatalogException"/> if the database fails.</remarks>
internal interface ICatalogView
{
    /// <summary>Bases, their names and files.</summary>
    IBaseRows Bases { get; }

    /// <summary>Tasks.</summary>
    ITaskRows Tasks { get; }

    /// <summary>Checkpoints, their chains and references.</summary>
    ICheckpointRows Checkpoints { get; }

    /// <summary>Masks, and the checkpoint that accounts for the frame of each.</summary>
    IMaskRows Masks { get; }

    /// <summary>Frames: the bytes of masks, values, trainer states and side files.</summary>
    IFrameRows Frames { get; }

    /// <summary>Headers of models whose layout differs from their task's.</summary>
    IHeaderRows Headers { get; }

    /// <summary>Side files of checkpoints.</summary>
    ISideFileRows SideFiles { get; }

    /// <summary>Tags.</summary>
    ITagRows Tags { get; }

    /// <summary>Deleted checkpoints and tasks during their grace.</summary>
    IGraceRows Grace { get; }

    /// <summary>Deleted checkpoints and tasks that can be restored.</summary>
    IDeletedRows Deleted { get; }

    /// <summary>Deleted checkpoints that others still need.</summary>
    ITombstoneRows Tombstones { get; }

    /// <summary>Checkpoints to fold.</summary>
    IFoldQueue Folding { get; }

    /// <summary>Frames to recode.</summary>
    IRecodeQueue Recoding { get; }

    /// <summary>The stored items, when each was verified, and the checkpoints that damage affects.</summary>
    IVerificationRows Verification { get; }

    /// <summary>Running totals of the store, its bases and its tasks.</summary>
    ITotalsRows Totals { get; }

    /// <summary>Growth per day.</summary>
    IGrowthRows Growth { get; }

    /// <summary>Checkpoints and metrics along the steps of a task.</summary>
    ITimelineRows Timeline { get; }

    /// <summary>Totals per tensor.</summary>
    ITensorRows Tensors { get; }

    /// <summary>Events of tasks.</summary>
    IEventRows Events { get; }

    /// <summary>Keys.</summary>
    IKeyRows Keys { get; }

    /// <summary>Quotas of tasks and keys.</summary>
    IQuotaRows Quotas { get; }

    /// <summary>The audit log.</summary>
    IAuditRows Audit { get; }

    /// <summary>Bytes of the catalog, unused ones included.</summary>
    long Bytes { get; }

    /// <summary>Unused bytes that have not returned to the disk.</summary>
    long UnusedBytes { get; }

    /// <summary>Changes whenever another process writes.</summary>
    long VersionOfOthers { get; }

    /// <summary>Runs the database's own check of its structure.</summary>
    /// <param name="most">The most problems to report.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The problems.</returns>
    IReadOnlyList<string> CheckStructure(int most, CancellationToken cancellationToken);

    /// <summary>Rows whose referenced row is missing.</summary>
    IReadOnlyList<(string Table, long? Row, string Missing)> CheckReferences();
}
