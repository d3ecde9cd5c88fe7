using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Errors;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Health;

/// <summary>The routes that say whether the process lives, and whether its store can be read and written.</summary>
internal static class HealthApi
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => TypedResults.Text("ok\n")).Open().WithSummary("Say that the process lives");
        routes.MapGet("/readyz", ReadyAsync).Open().WithSummary("Say whether the store can be read and written");
    }

    private static async Task<ContentHttpResult> ReadyAsync(
        ICheckpointStore store, StoreOptions options, ILogger<ICheckpointStore> logger, CancellationToken cancellation)
    {
        try
        {
            await store.ListTasksAsync(new PageRequest(1), cancellation);
            await using var probe = new FileStream(
                Path.Combine(options.TemporaryFolder, $"{Guid.NewGuid():N}.probe"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return TypedResults.Text("ready\n");
        }
        catch (Exception error) when (error is FishException or IOException or UnauthorizedAccessException)
        {
            ApiLog.NotReady(logger, error);
            throw error as FishException ?? new FishException(
                ErrorCode.StorageUnavailable, "data folder", error.Message, "Check the disk's space and permissions.", error);
        }
    }
}
