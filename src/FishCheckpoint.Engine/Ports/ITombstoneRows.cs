
namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about deleted checkpoints that others still need.</summary>
internal interface ITombstoneRows
{
    /// <summary>The groups of a store.</summary>
    /// <param name="going">Checkpoints that are there and are to be seen as deleted.</param>
    IReadOnlyList<TombstoneGroup> Find(IReadOnlyCollection<long> going);

    /// <summary>
    /// The deleted checkpoints that others are predicted from, the latest first: so that each is freed of those that stay, and of no
    /// others.
    /// </summary>
    IReadOnlyList<CheckpointRow> PredictedFrom();

    /// <summary>What is based on a checkpoint or predicted from it, as in <c>task/120</c>.</summary>
    IReadOnlyList<string> NeededBy(long checkpoint);
}
