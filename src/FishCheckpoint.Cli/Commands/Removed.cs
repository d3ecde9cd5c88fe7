namespace FishCheckpoint.Cli.Commands;

/// <summary>The JSON result of a command that removes something.</summary>
internal sealed record Removed(string Task, long? Step = null, string? Tag = null);
