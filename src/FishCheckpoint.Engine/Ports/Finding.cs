
namespace FishCheckpoint.Engine.Ports;

/// <summary>Damage that was found.</summary>
/// <param name="Item">The item that it was found in.</param>
/// <param name="Key">What is damaged, as people call it.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Affected">The checkpoints that cannot be read because of it.</param>
internal sealed record Finding(string Item, string Key, string Problem, IReadOnlyList<AffectedCheckpoint> Affected);

/// <summary>A checkpoint that damage affects.</summary>
internal readonly record struct AffectedCheckpoint(long Id, string Name);
