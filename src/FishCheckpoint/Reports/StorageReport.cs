using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Reports;

/// <summary>What is stored, and what it would be without this store.</summary>
/// <param name="Task">The task, or <see langword="null"/> for a base or the whole store.</param>
/// <param name="Checkpoints">Number of checkpoints.</param>
/// <param name="LogicalBytes">Bytes of all checkpoints as full model files.</param>
/// <param name="Stored">What they take.</param>
/// <param name="Ratio">Models against models: logical bytes to those of positions and values, without trainer states and bases; 0 when
/// nothing is stored.</param>
/// <param name="Changed">Values stored: the positions of all deltas.</param>
/// <param name="Density">Values stored to the elements of all checkpoints.</param>
/// <param name="BytesPerChangedValue">Bytes of positions and values to values stored.</param>
/// <param name="Chains">How far the checkpoints are from their base, and what that costs a reader.</param>
/// <param name="Reclaimable">Bytes of deleted checkpoints that others are based on or predicted from, their masks included: they go with
/// the last of these. What can be brought back is not in it.</param>
/// <param name="Base">The base's name, or the name of a task's base; <see langword="null"/> for the whole store.</param>
/// <param name="BaseBytes">Bytes of the base's files, as they lie on disk; only in the report of a base.</param>
/// <param name="TaskCount">How many tasks there are; not in the report of a task.</param>
/// <param name="Disk">What the whole store takes on disk; only in the report of the whole store.</param>
/// <param name="Bases">The same for each base; only in the report of the whole store, at most 1000, the largest first.</param>
/// <param name="Tasks">The same for each task; only in the report of the whole store, at most 1000, the largest first.</param>
/// <param name="Grace">Deleted checkpoints that can be brought back; in none of the other numbers.</param>
/// <param name="Store">The store's identity, 32 hexadecimal digits; only in the report of the whole store.</param>
public sealed record StorageReport(
    string? Task, long Checkpoints, long LogicalBytes, StoredBytes Stored, double Ratio, long Changed, double Density,
    double BytesPerChangedValue, ChainUse Chains, long Reclaimable, string? Base, long? BaseBytes, long? TaskCount, DiskUse? Disk,
    IReadOnlyList<StorageReport>? Bases, IReadOnlyList<StorageReport>? Tasks, GraceUse Grace, string? Store);

/// <summary>Stored bytes by kind.</summary>
/// <param name="Positions">Masks, each counted once, with one of the checkpoints that use it.</param>
/// <param name="Values">Values of deltas.</param>
/// <param name="State">Trainer states.</param>
/// <param name="Total">All of these.</param>
/// <param name="Model">Positions and values: what models take, and what compares with full models.</param>
public sealed record StoredBytes(long Positions, long Values, long State, long Total, long Model);

/// <summary>What reading checkpoints takes.</summary>
/// <param name="MeanDepth">Deltas between a checkpoint and its base, on average; 0 without checkpoints.</param>
/// <param name="MaxDepth">The most of them.</param>
/// <param name="MeanReadBytes">Bytes that a restore reads, on average: the base's, and those of the chain's frames, taken as deltas of
/// average size.</param>
public sealed record ChainUse(double MeanDepth, long MaxDepth, long MeanReadBytes);

/// <summary>What a store takes on disk.</summary>
/// <param name="Bases">Bytes of the bases' files.</param>
/// <param name="Database">Bytes of the database's file, once its log is copied into it.</param>
/// <param name="Wal">Bytes of its write-ahead log.</param>
/// <param name="FreePages">Bytes of the database's unused pages: what a compaction gives back.</param>
/// <param name="Reclaimable">Bytes of masks and deleted checkpoints that nothing visible needs; what can be brought back is not in
/// it.</param>
/// <param name="Grace">Bytes of deleted checkpoints that can be brought back.</param>
/// <param name="Overhead">Database bytes that are neither frames nor free pages: tables, indices and page slack.</param>
public sealed record DiskUse(long Bases, long Database, long Wal, long FreePages, long Reclaimable, long Grace, long Overhead);
