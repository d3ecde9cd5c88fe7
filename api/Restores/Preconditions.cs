using FishCheckpoint.Api.Errors;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace FishCheckpoint.Api.Restores;

/// <summary>Conditional requests (RFC 9110, section 13) for content with a strong entity tag.</summary>
internal static class Preconditions
{
    /// <summary>Whether the client already has the content, so that the response is 304.</summary>
    /// <exception cref="PreconditionFailedException">If-Match names other content.</exception>
    public static bool IsUnchanged(RequestHeaders headers, EntityTagHeaderValue tag)
    {
        if (headers.IfMatch.Count > 0 && !headers.IfMatch.Any(wanted => Matches(wanted, tag, strong: true)))
        {
            throw new PreconditionFailedException(tag.ToString());
        }

        return headers.IfNoneMatch.Any(known => Matches(known, tag, strong: false));
    }

    /// <summary>Whether a range may be served: there is no If-Range, or it matches this content.</summary>
    public static bool RangeApplies(HttpRequest request, EntityTagHeaderValue tag) =>
        request.Headers.IfRange.Count == 0
            || (request.GetTypedHeaders().IfRange?.EntityTag is { } wanted && Matches(wanted, tag, strong: true));

    private static bool Matches(EntityTagHeaderValue wanted, EntityTagHeaderValue tag, bool strong) =>
        wanted.Equals(EntityTagHeaderValue.Any) || wanted.Compare(tag, strong);
}
