using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Errors;

/// <summary>Errors of bodies that the server itself and those who read them find alike.</summary>
internal static class BodyErrors
{
    /// <summary>A body is cut short.</summary>
    /// <param name="key">The path, or the part's name.</param>
    /// <param name="inner">What reading threw; <see langword="null"/>: it ended early.</param>
    /// <returns><see cref="ErrorCode.BodyTruncated"/>.</returns>
    public static FishException Truncated(string key, Exception? inner) => new(
        ErrorCode.BodyTruncated, key, "The body ended before its declared length, or stopped coming.",
        "Send it again; nothing was stored.", inner);
}
