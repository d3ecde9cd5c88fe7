namespace FishCheckpoint.Api.Errors;

/// <summary>Marks the routes whose clients read an error's header fields instead of its body.</summary>
internal sealed record HubRoute;
