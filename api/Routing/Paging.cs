using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Routing;

/// <summary>Pages of lists: the query has <c>limit</c> and <c>after</c>, the response <c>Link: rel="next"</c>.</summary>
internal static class Paging
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;

    public static PageRequest Of(int? limit, string? after, string? order) => Of(limit, after) with
    {
        Descending = order switch
        {
            null or "ascending" => false,
            "descending" => true,
            _ => throw new FishException(
                ErrorCode.RequestInvalid, "order", "The order must be ascending or descending.", "Use one of these, or leave it out."),
        },
    };

    public static PageRequest Of(int? limit, string? after) => (limit ?? DefaultLimit) is >= 1 and <= MaxLimit
        ? new PageRequest(limit ?? DefaultLimit, after)
        : throw new FishException(
            ErrorCode.RequestInvalid, "limit", $"The limit must be 1 to {MaxLimit}, not {limit}.",
            "Request fewer and follow the next page.");

    public static Ok<Page<T>> Answer<T>(HttpContext context, PageRequest asked, Page<T> page)
    {
        if (page.Next is { } next)
        {
            var order = asked.Descending ? "&order=descending" : "";
            var path = $"{context.Request.PathBase}{context.Request.Path}";
            context.Response.Headers.Link = $"<{path}?limit={asked.Limit}&after={Uri.EscapeDataString(next)}{order}>; rel=\"next\"";
        }

        return TypedResults.Ok(page);
    }
}
