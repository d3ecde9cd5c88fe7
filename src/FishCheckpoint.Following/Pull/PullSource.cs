using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Following.Pull;

/// <summary>What is pulled from: a store, embedded or remote, and what else it can do. The caller keeps it.</summary>
/// <param name="Store">The store.</param>
/// <param name="Deltas">Gives deltas.</param>
/// <param name="Events">Tells when to look.</param>
public sealed record PullSource(ICheckpointStore Store, IBoundedDeltas Deltas, ITaskEvents Events);
