namespace FishCheckpoint.Api.Errors;

/// <summary>An If-Match names other content than there is. Known to HTTP only, so no part of the domain's errors.</summary>
internal sealed class PreconditionFailedException(string tag) : Exception($"If-Match does not name {tag}.")
{
    public string Tag { get; } = tag;
}
