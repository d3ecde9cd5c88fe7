using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Telemetry;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Health;

/// <summary>The routes that say whether the process lives, and whether its store can be read and written.</summary>
internal static class HealthApi
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => TypedResults.Text("ok\n")).Open().WithSummary("Report that the process is alive");
        routes.MapGet("/readyz", ReadyAsync).Open()
            .WithSummary("Report whether the server is ready: its store is open and its disk is writable");
    }

    private static async Task<ContentHttpResult> ReadyAsync(Readiness readiness, ILogger<Readiness> logger, CancellationToken cancellation)
    {
        try
        {
            await readiness.RequireAsync(cancellation);
            var ready = readiness.IsReadOnly ? "ready; read-only" : "ready";
            return TypedResults.Text(await readiness.DamagedAsync(cancellation) switch
            {
                0 => $"{ready}\n",
                { } damaged => $"{ready}; known damage: {damaged}, see /v1/maintenance/damage\n",
                null => $"{ready}; known damage: cannot be read\n",
            });
        }
        catch (FishException error)
        {
            ApiLog.NotReady(logger, error);
            throw;
        }
    }
}
