namespace FishCheckpoint.Reports;

/// <summary>Gives storage reports; every store that counts its bytes can.</summary>
public interface IStorageReports
{
    /// <summary>What a task, or the whole store, holds and costs.</summary>
    /// <param name="task">The task; <see langword="null"/> for the whole store.</param>
    /// <param name="cancellation">Ends the report.</param>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.TaskNotFound"/>.</exception>
    Task<StorageReport> ReportAsync(string? task = null, CancellationToken cancellation = default);
}

/// <summary>What is stored, and what it would be without this store.</summary>
/// <param name="Task">The task, or <see langword="null"/> for the whole store.</param>
/// <param name="Checkpoints">Number of checkpoints.</param>
/// <param name="LogicalBytes">Bytes of all checkpoints as full model files.</param>
/// <param name="Stored">What they take.</param>
/// <param name="Ratio">Logical bytes to stored bytes, the bases left out; 0 when nothing is stored.</param>
/// <param name="Changed">Values stored: the positions of all deltas.</param>
/// <param name="Density">Values stored to the elements of all checkpoints.</param>
/// <param name="BytesPerChangedValue">Bytes of positions and values to values stored.</param>
/// <param name="Disk">What the whole store takes on disk; only in the report of the whole store.</param>
/// <param name="Tasks">The same for each task; only in the report of the whole store, at most 1000, the largest first.</param>
public sealed record StorageReport(
    string? Task, long Checkpoints, long LogicalBytes, StoredBytes Stored, double Ratio, long Changed, double Density,
    double BytesPerChangedValue, DiskUse? Disk, IReadOnlyList<StorageReport>? Tasks);

/// <summary>Stored bytes by kind.</summary>
/// <param name="Positions">Masks, each counted once, with the first checkpoint that used it.</param>
/// <param name="Values">Values of deltas.</param>
/// <param name="State">Trainer states.</param>
/// <param name="Total">All of these.</param>
public sealed record StoredBytes(long Positions, long Values, long State, long Total);

/// <summary>What a store takes on disk.</summary>
/// <param name="Bases">Bytes of the bases' files.</param>
/// <param name="Database">Bytes of the database's file.</param>
/// <param name="Wal">Bytes of its write-ahead log.</param>
/// <param name="FreePages">Bytes of the database's unused pages: what a compaction gives back.</param>
/// <param name="Reclaimable">Bytes of masks and deleted checkpoints that nothing visible needs.</param>
/// <param name="Overhead">Database bytes that are neither frames nor free pages: tables, indices and page slack.</param>
public sealed record DiskUse(long Bases, long Database, long Wal, long FreePages, long Reclaimable, long Overhead);
