using FishCheckpoint.Api.Documents;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>The routes of maintenance.</summary>
internal static class MaintenanceApi
{
    public static void MapMaintenance(this RouteGroupBuilder group)
    {
        group.MapPost("/recode", RecodeAsync)
            .WithSummary("Encode again, to fewer bytes, what was saved fast; the body is optional and bounds the round").MayFail(413, 415, 503);
        group.MapPost("/fold", FoldAsync)
            .WithSummary("Lay checkpoints that cost too much to read on earlier ones; the body is optional and bounds the round").MayFail(413, 415, 503);
    }

    private static Task<Ok<RecodeResult>> RecodeAsync(
        RecodeOptions? options, ICheckpointRecoding store, IHostApplicationLifetime lifetime, CancellationToken cancellation) =>
        RunAsync("recode", ending => store.RecodeAsync(options, ending), lifetime, cancellation);

    private static Task<Ok<FoldResult>> FoldAsync(
        FoldOptions? options, ICheckpointFolding store, IHostApplicationLifetime lifetime, CancellationToken cancellation) =>
        RunAsync("fold", ending => store.FoldAsync(options, ending), lifetime, cancellation);

    // A server that stops does not wait for the round: what was replaced by then stays so.
    private static async Task<Ok<T>> RunAsync<T>(
        string what, Func<CancellationToken, Task<T>> round, IHostApplicationLifetime lifetime, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        try
        {
            return TypedResults.Ok(await round(ending.Token));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new FishException(
                ErrorCode.ServerUnavailable, what, "The server stops; what was done by then stays so.", "Ask again: the next round goes on from there.");
        }
    }
}
