namespace FishCheckpoint.Checkpoints;

/// <summary>The progress of a long operation, reported through an <see cref="IProgress{T}"/>.</summary>
/// <param name="Done">Completed bytes.</param>
/// <param name="Total">Total bytes as far as known; <see langword="null"/> if unknown.</param>
public readonly record struct WorkProgress(long Done, long? Total);
