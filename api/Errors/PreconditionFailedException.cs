namespace FishCheckpoint.Api.Errors;

/// <summary>If-Match names another content than the current one. Only HTTP has this error.</summary>
internal sealed class PreconditionFailedException(string tag) : Exception($"If-Match does not match {tag}.")
{
    public string Tag { get; } = tag;
}
