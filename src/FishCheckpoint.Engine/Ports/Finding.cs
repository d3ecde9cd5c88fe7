
namespace FishCheckpoint.Engine.Ports;

/// <summary>One found damage.</summary>
/// <param name="Item">The damaged item.</param>
/// <param name="Key">The item's name for people.</param>
/// <param name="Problem">The problem.</param>
/// <param name="Affected">The checkpoints that cannot be read because of it.</param>
internal sealed record Finding(string Item, string Key, string Problem, IReadOnlyList<AffectedCheckpoint> Affected);

/// <summary>A checkpoint that damage affects.</summary>
internal readonly record struct AffectedCheckpoint(long Id, string Name);
