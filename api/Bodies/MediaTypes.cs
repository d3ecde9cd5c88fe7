using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using Microsoft.Net.Http.Headers;

namespace FishCheckpoint.Api.Bodies;

/// <summary>The media types that bodies come and go in.</summary>
internal static class MediaTypes
{
    public const string Safetensors = "application/vnd.safetensors";
    public const string Frames = EncodedDelta.MediaType;
    public const string Tar = "application/x-tar";
    public const string Bytes = "application/octet-stream";

    /// <summary>The body's media type without parameters, in lower case; empty when there is none.</summary>
    public static string Of(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var parsed) ? parsed.MediaType.ToString().ToLowerInvariant() : "";

    /// <summary>Which form of a delta a client would rather have; safetensors when it does not say.</summary>
    public static bool PrefersFrames(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().Accept;
        return QualityOf(accepted, Frames) > QualityOf(accepted, Safetensors);
    }

    public static FishException Unsupported(HttpRequest request, params string[] taken) => new(
        ErrorCode.MediaTypeUnsupported, request.ContentType ?? "no Content-Type", "The route does not take this media type.",
        $"It takes {string.Join(", ", taken)}.");

    private static double QualityOf(IEnumerable<MediaTypeHeaderValue> accepted, string type) => accepted
        .Where(range => range.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)).Select(range => range.Quality ?? 1).DefaultIfEmpty(0).Max();
}
