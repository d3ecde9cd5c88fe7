namespace FishCheckpoint.Reports;

/// <summary>Growth of the store, a base or a task over time.</summary>
/// <param name="Task">The task, in a task's report.</param>
/// <param name="Base">The base's name, in a base's report.</param>
/// <param name="Bucket">The interval.</param>
/// <param name="Points">One for each interval, earliest first.</param>
public sealed record GrowthReport(string? Task, string? Base, GrowthBucket Bucket, IReadOnlyList<GrowthPoint> Points);

/// <summary>Growth in one interval. A deletion counts in the interval in which it happened.</summary>
/// <param name="From">Its first day, in UTC.</param>
/// <param name="Checkpoints">Checkpoints saved minus checkpoints deleted.</param>
/// <param name="LogicalBytes">Bytes of these as full model files.</param>
/// <param name="StoredBytes">Change in stored bytes; includes savings from recoding.</param>
/// <param name="CheckpointsAtEnd">Checkpoints at the end of the interval.</param>
/// <param name="LogicalBytesAtEnd">Bytes of all checkpoints as full model files at the end of the interval.</param>
/// <param name="StoredBytesAtEnd">Stored bytes at the end of the interval.</param>
public sealed record GrowthPoint(
    DateOnly From, long Checkpoints, long LogicalBytes, long StoredBytes, long CheckpointsAtEnd, long LogicalBytesAtEnd,
    long StoredBytesAtEnd);
