namespace FishCheckpoint.Durability.Operations;

/// <summary>A deleted step that can be brought back.</summary>
/// <param name="Step">Where it was.</param>
/// <param name="Content">What it held.</param>
/// <param name="Tags">The tags that it had.</param>
internal sealed record DeletedStep(long Step, ModelStep Content, IReadOnlyList<string> Tags);
