using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using Microsoft.Net.Http.Headers;

namespace FishCheckpoint.Api.Bodies;

/// <summary>The media types of request and response bodies.</summary>
internal static class MediaTypes
{
    public const string Safetensors = "application/vnd.safetensors";
    public const string Frames = EncodedDelta.MediaType;
    public const string Tar = "application/x-tar";
    public const string Bytes = "application/octet-stream";
    public const string Json = "application/json";
    public const string MergePatch = "application/merge-patch+json";
    public const string Form = "multipart/form-data";

    /// <summary>The body's media type without parameters, in lower case; empty if there is none.</summary>
    public static string Of(HttpRequest request) => Of(request.ContentType);

    /// <summary>The media type of a Content-Type without parameters, in lower case; empty if there is none.</summary>
    public static string Of(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var parsed) ? parsed.MediaType.ToString().ToLowerInvariant() : "";

    /// <summary>The form of a delta that a client prefers; safetensors by default.</summary>
    public static bool PrefersFrames(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().Accept;
        return QualityOf(accepted, Frames) > QualityOf(accepted, Safetensors);
    }

    public static FishException Unsupported(string? contentType, params string[] taken) => new(
        ErrorCode.MediaTypeUnsupported, contentType ?? "no Content-Type", "The route does not accept this media type.",
        $"It accepts {string.Join(", ", taken)}.");

    /// <summary>Refuses a body with a content coding: the store itself compresses what it stores.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.MediaTypeUnsupported"/>.</exception>
    public static void RequirePlain(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.ToString() is { Length: > 0 } coding
            && !coding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw new FishException(
                ErrorCode.MediaTypeUnsupported, $"Content-Encoding: {(coding.Length <= 40 ? coding : coding[..40])}",
                "Bodies with a content coding are not accepted.",
                "Send the body uncompressed; the store compresses it.");
        }
    }

    private static double QualityOf(IEnumerable<MediaTypeHeaderValue> accepted, string type) => accepted
        .Where(range => range.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)).Select(range => range.Quality ?? 1)
        .DefaultIfEmpty(0).Max();
}
