using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace FishCheckpoint.Api.Dashboard;

/// <summary>The route of the dashboard's files. They contain no data of the store; the page requests data with the reader's key.</summary>
internal static class DashboardApi
{
    public static void MapDashboard(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/dashboard/{file}", [HttpMethods.Get, HttpMethods.Head], (string file, HttpContext context) =>
            Give(file, context)).Open()
            .WithSummary("Return a file of the dashboard")
            .GivesBytes("text/html", "text/css", "text/javascript", "image/svg+xml", "text/plain").MayFail(404);

    /// <summary>Whether a request prefers the page to the plain list: browsers ask for HTML, other clients do not.</summary>
    public static bool PrefersPage(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(
            type => type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase) && type.Quality is not 0);

    /// <summary>Returns a file, or 304 if the client has it.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>.</exception>
    public static FileContentHttpResult Give(string file, HttpContext context)
    {
        var asset = DashboardFiles.Find(file) ?? throw new FishException(
            ErrorCode.FileNotFound, file.Length <= 128 ? file : file[..128], "The dashboard does not have this file.",
            "Open / in a browser.");
        context.Response.Headers.CacheControl = "no-cache";
        return TypedResults.File(asset.Bytes, asset.ContentType, entityTag: new EntityTagHeaderValue(asset.Tag));
    }
}
