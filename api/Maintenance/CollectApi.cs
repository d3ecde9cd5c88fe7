using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Maintenance;

/// <summary>The route that lets go what nothing keeps.</summary>
internal static class CollectApi
{
    public static void MapCollection(this RouteGroupBuilder group) => group.MapPost("/", CollectAsync).Needs(KeyScope.Admin, Reach.Store)
        .WithSummary(
            "Delete what no retention keeps, lay anew what lies on deleted checkpoints, and give unused bytes back to the disk; "
            + "?dryRun=true only says what would go; "
            + "?now=true ends the grace of what is deleted")
        .MayFail(503);

    // Seconds, as the command line has them.
    private static Task<Ok<CollectResult>> CollectAsync(
        bool? dryRun, bool? now, string? task, double? maxTime, IMaintenance store, IHostApplicationLifetime lifetime,
        CancellationToken cancellation)
    {
        var options = new CollectOptions { DryRun = dryRun ?? false, Now = now ?? false, Task = task, MaxTime = Seconds(maxTime) };
        return Round.RunAsync(
            "gc", "what was collected by then stays so", lifetime, ending => store.CollectAsync(options, ending), cancellation);
    }

    private static TimeSpan? Seconds(double? seconds) => seconds is null ? null
        : Math.Abs(seconds.Value) < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds.Value)
        : throw new FishException(
            ErrorCode.RequestInvalid, "maxTime", $"{seconds} seconds are no time to work in.", "Give seconds, or leave it out.");
}
