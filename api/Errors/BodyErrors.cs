using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Errors;

/// <summary>Errors of bodies that both the server and body readers find.</summary>
internal static class BodyErrors
{
    /// <summary>The error for a truncated body.</summary>
    /// <param name="key">The path, or the part's name.</param>
    /// <param name="inner">The read error; <see langword="null"/>: it ended early.</param>
    /// <returns><see cref="ErrorCode.BodyTruncated"/>.</returns>
    public static FishException Truncated(string key, Exception? inner) => new(
        ErrorCode.BodyTruncated, key, "The body ended before its declared length, or stalled.",
        "Send it again; nothing was stored.", inner);
}
