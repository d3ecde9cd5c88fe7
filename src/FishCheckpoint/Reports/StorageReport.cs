using System.Text.Json.Serialization;
using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Reports;

/// <summary>Stored bytes compared with full model files.</summary>
/// <param name="Task">The task; <see langword="null"/> for a base or the whole store.</param>
/// <param name="Checkpoints">Number of checkpoints.</param>
/// <param name="LogicalBytes">Bytes of all checkpoints as full model files.</param>
/// <param name="Stored">Stored bytes by kind.</param>
/// <param name="Ratio">Logical bytes divided by the bytes of positions and values, without trainer states and bases; 0 if nothing is
/// stored.</param>
/// <param name="Changed">Stored values: the positions of all deltas.</param>
/// <param name="Density">Stored values divided by the elements of all checkpoints.</param>
/// <param name="BytesPerChangedValue">Bytes of positions and values divided by stored values.</param>
/// <param name="Chains">Chain lengths, and their cost for readers.</param>
/// <param name="Reclaimable">Bytes of deleted checkpoints that others are based on or predicted from, including their masks. They are freed
/// with the last of these others. Excludes checkpoints that can be restored.</param>
/// <param name="Base">The base's name, or the name of a task's base; <see langword="null"/> for the whole store.</param>
/// <param name="BaseBytes">Bytes of the base's files on disk; only in the report of a base.</param>
/// <param name="TaskCount">The number of tasks; not in the report of a task.</param>
/// <param name="Disk">Disk usage; only in the report of the whole store.</param>
/// <param name="Bases">One report per base; only in the report of the whole store, at most 1000, largest first.</param>
/// <param name="Tasks">One report per task; only in the report of the whole store, at most 1000, largest first.</param>
/// <param name="Grace">Deleted checkpoints that can be restored; no other number includes them.</param>
/// <param name="Store">The store's identity, 32 hexadecimal digits; only in the report of the whole store.</param>
public sealed record StorageReport(
    string? Task, long Checkpoints, long LogicalBytes, StoredBytes Stored, double Ratio, long Changed, double Density,
    double BytesPerChangedValue, ChainUse Chains, long Reclaimable, string? Base, long? BaseBytes, long? TaskCount, DiskUse? Disk,
    IReadOnlyList<StorageReport>? Bases, IReadOnlyList<StorageReport>? Tasks, GraceUse Grace, string? Store);

/// <summary>Stored bytes by kind.</summary>
/// <param name="Positions">Masks, each counted once, with one of the checkpoints that use it.</param>
/// <param name="Values">Values of deltas.</param>
/// <param name="TrainerState">Trainer states.</param>
/// <param name="Total">All kinds.</param>
/// <param name="Model">Positions and values, without trainer states: comparable with full models.</param>
public sealed record StoredBytes(long Positions, long Values, [property: JsonPropertyName("state")] long TrainerState, long Total,
    long Model);

/// <summary>Chain lengths and read costs.</summary>
/// <param name="MeanDepth">Mean number of deltas between a checkpoint and its base; 0 without checkpoints.</param>
/// <param name="MaxDepth">The longest chain.</param>
/// <param name="MeanReadBytes">Mean bytes read per restore: the base, and the chain's frames at their average size.</param>
public sealed record ChainUse(double MeanDepth, long MaxDepth, long MeanReadBytes);

/// <summary>Disk usage of a store.</summary>
/// <param name="Bases">Bytes of the bases' files.</param>
/// <param name="Database">Bytes of the database file after a checkpoint of its write-ahead log.</param>
/// <param name="Wal">Bytes of the write-ahead log.</param>
/// <param name="FreePages">Bytes of the database's unused pages, which compaction returns to the file system.</param>
/// <param name="Reclaimable">Bytes of masks and deleted checkpoints that no visible checkpoint needs. Excludes checkpoints that can be
/// restored.</param>
/// <param name="Grace">Bytes of deleted checkpoints that can be restored.</param>
/// <param name="Overhead">Database bytes that are neither frames nor free pages: tables, indices and page slack.</param>
public sealed record DiskUse(long Bases, long Database, long Wal, long FreePages, long Reclaimable, long Grace, long Overhead);
