namespace FishCheckpoint.Cli.Commands;

/// <summary>What a command removed, as JSON says it.</summary>
internal sealed record Removed(string Task, long? Step = null, string? Tag = null);
