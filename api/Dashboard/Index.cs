using System.Text;
using System.Text.RegularExpressions;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Documents;

namespace FishCheckpoint.Api.Dashboard;

/// <summary>
/// What lies at <c>/</c>: the dashboard for browsers, and for all others a plain list of the routes, read off the routes themselves.
/// </summary>
internal static partial class Index
{
    public static void MapIndex(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/", Get).Open().WithSummary("Give the dashboard to browsers, and the list of routes to other clients")
            .GivesBytes("text/html", "text/plain");

    private static IResult Get(HttpContext context, EndpointDataSource endpoints)
    {
        context.Response.Headers.Vary = "Accept";
        return DashboardApi.PrefersPage(context.Request)
            ? DashboardApi.Give(DashboardFiles.Page, context) : TypedResults.Text(Write(endpoints));
    }

    private static string Write(EndpointDataSource endpoints)
    {
        var text = new StringBuilder("FishCheckpoint: a checkpoint store for models that share a base.\n\n");
        foreach (var route in endpoints.Endpoints.OfType<RouteEndpoint>())
        {
            var methods = string.Join('|', route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []);
            text.Append(
                $"{methods,-9} {Shown(route.RoutePattern.RawText)}\n          "
                + $"{route.Metadata.GetMetadata<Microsoft.AspNetCore.Http.Metadata.IEndpointSummaryMetadata>()?.Summary}\n");
        }

        return text.ToString();
    }

    private static string Shown(string? pattern) => pattern is { Length: > 1 } ? Constraint().Replace(pattern, "}").TrimEnd('/') : "/";

    // What a parameter may hold says the page of the protocol.
    [GeneratedRegex(@":regex\(.*?\)}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Constraint();
}
