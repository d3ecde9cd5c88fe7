using System.Text;
using FishCheckpoint.Api.Access;

namespace FishCheckpoint.Api.Documents;

/// <summary>The plain page at <c>/</c>: what routes there are, read off the routes themselves.</summary>
internal static class Index
{
    public static void MapIndex(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/", (EndpointDataSource endpoints) => TypedResults.Text(Write(endpoints))).Open().WithSummary("List the routes");

    private static string Write(EndpointDataSource endpoints)
    {
        var text = new StringBuilder("FishCheckpoint: a checkpoint store for models that share a base.\n\n");
        foreach (var route in endpoints.Endpoints.OfType<RouteEndpoint>())
        {
            var methods = string.Join('|', route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []);
            text.Append($"{methods,-9} {Shown(route.RoutePattern.RawText)}\n          {route.Metadata.GetMetadata<Microsoft.AspNetCore.Http.Metadata.IEndpointSummaryMetadata>()?.Summary}\n");
        }

        return text.ToString();
    }

    private static string Shown(string? pattern) => pattern is { Length: > 1 } ? pattern.TrimEnd('/') : "/";
}
