using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Http.Features;

namespace FishCheckpoint.Api.Routing;

/// <summary>The path as the client wrote it, before the server removed dot segments and some escapes.</summary>
internal static class RawPath
{
    /// <summary>The path's unescaped segments: an escaped slash stays inside its segment.</summary>
    public static string[] SegmentsOf(HttpRequest request)
    {
        var target = request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        if (!target.StartsWith('/'))
        {
            target = Uri.TryCreate(target, UriKind.Absolute, out var absolute) ? absolute.AbsolutePath : "/";
        }

        var query = target.IndexOf('?', StringComparison.Ordinal);
        return [.. (query < 0 ? target : target[..query]).Split('/').Skip(1).Select(Uri.UnescapeDataString)];
    }

    /// <summary>Refuses a path with <c>.</c> or <c>..</c>: the server would remove them and change the request's meaning.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>.</exception>
    public static void RefuseDotSegments(HttpRequest request)
    {
        if (Array.Find(SegmentsOf(request), segment => segment is "." or "..") is { } dots)
        {
            throw new FishException(ErrorCode.NameInvalid, dots, "The path contains a dot segment.", "Names are keys, never paths.");
        }
    }
}
