using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>The routes of maintenance.</summary>
internal static class MaintenanceApi
{
    public static void MapMaintenance(this RouteGroupBuilder group) => group.MapPost("/recode", RecodeAsync)
        .Needs(KeyScope.Admin, Reach.Store)
        .WithSummary("Encode again, to fewer bytes, what was saved fast; the body is optional and bounds the round").MayFail(413, 415, 503);

    // A server that stops does not wait for the round: what was replaced by then stays so.
    private static async Task<Ok<RecodeResult>> RecodeAsync(
        RecodeOptions? options, ICheckpointRecoding store, IHostApplicationLifetime lifetime, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        try
        {
            return TypedResults.Ok(await store.RecodeAsync(options, ending.Token));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new FishException(
                ErrorCode.ServerUnavailable, "recode", "The server stops; what was recoded by then stays so.", "Ask again: the next round goes on from there.");
        }
    }
}
