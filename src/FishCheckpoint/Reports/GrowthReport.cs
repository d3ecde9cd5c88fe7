namespace FishCheckpoint.Reports;

/// <summary>How something has grown.</summary>
/// <param name="Task">The task, if it is of one.</param>
/// <param name="Base">The base's name, if it is of one.</param>
/// <param name="Bucket">The steps.</param>
/// <param name="Points">One for each step, the earliest first.</param>
public sealed record GrowthReport(string? Task, string? Base, GrowthBucket Bucket, IReadOnlyList<GrowthPoint> Points);

/// <summary>One step of growth. What was deleted counts against the step in which it was.</summary>
/// <param name="From">Its first day, in UTC.</param>
/// <param name="Checkpoints">Checkpoints saved, less those deleted.</param>
/// <param name="LogicalBytes">Bytes of these as full model files.</param>
/// <param name="StoredBytes">Bytes that they take; what recoding saves counts too.</param>
/// <param name="CheckpointsAtEnd">Checkpoints that there were at its end.</param>
/// <param name="LogicalBytesAtEnd">Their bytes as full model files.</param>
/// <param name="StoredBytesAtEnd">Bytes that they took.</param>
public sealed record GrowthPoint(
    DateOnly From, long Checkpoints, long LogicalBytes, long StoredBytes, long CheckpointsAtEnd, long LogicalBytesAtEnd,
    long StoredBytesAtEnd);
