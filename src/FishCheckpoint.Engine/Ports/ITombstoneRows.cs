
namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads deleted checkpoints that others still need.</summary>
internal interface ITombstoneRows
{
    /// <summary>The groups of a store.</summary>
    /// <param name="removable">Visible checkpoints to treat as deleted.</param>
    IReadOnlyList<TombstoneGroup> Find(IReadOnlyCollection<long> removable);

    /// <summary>
    /// The tombstones that others are predicted from, latest first, so that each has only visible readers left when its turn comes.
    /// </summary>
    IReadOnlyList<CheckpointRow> PredictedFrom();

    /// <summary>The checkpoints that depend on a checkpoint, such as <c>task/120</c>.</summary>
    IReadOnlyList<string> NeededBy(long checkpoint);
}
