namespace FishCheckpoint.Checkpoints;

/// <summary>How far long work is: said while it goes on, by whoever does it, through an <see cref="IProgress{T}"/>.</summary>
/// <param name="Done">Bytes that are done.</param>
/// <param name="Total">Bytes that it is in all, as far as is known by now; <see langword="null"/> where it is not.</param>
public readonly record struct WorkProgress(long Done, long? Total);
