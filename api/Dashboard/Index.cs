using System.Text;
using System.Text.RegularExpressions;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Documents;

namespace FishCheckpoint.Api.Dashboard;

/// <summary>The content of <c>/</c>: the dashboard for browsers, and for other clients a plain list of the routes.</summary>
internal static partial class Index
{
    public static void MapIndex(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/", Get).Open().WithSummary("Return the dashboard if the client accepts HTML; otherwise list the routes")
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

    // The page of the protocol describes the values of parameters.
    [GeneratedRegex(@":regex\(.*?\)}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Constraint();
}
