namespace FishCheckpoint.Durability.Power;

/// <summary>What was seen of a store after a loss of power.</summary>
/// <param name="Lines">What it holds.</param>
/// <param name="Wrong">What its audit found.</param>
/// <param name="Refusal">Why it cannot be read; <see langword="null"/>: it can.</param>
public sealed record PowerLook(IReadOnlyList<string> Lines, IReadOnlyList<string> Wrong, string? Refusal);
