using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Tags;

/// <summary>The routes of pins.</summary>
internal static class PinsApi
{
    public static void MapPins(this RouteGroupBuilder group)
    {
        group.MapPut("/{step}/pin", PutAsync).Needs(KeyScope.Write, Reach.Task)
            .WithSummary("Pin a checkpoint, so that neither retention nor a request deletes it").WithTags("Tags").MayFail(503);
        group.MapDelete("/{step}/pin", DeleteAsync).Needs(KeyScope.Write, Reach.Task).WithSummary("Remove the pin of a checkpoint")
            .WithTags("Tags").MayFail(503);
    }

    private static async Task<NoContent> PutAsync(string task, string step, ICheckpoints checkpoints, CancellationToken cancellation)
    {
        await checkpoints.SetPinAsync(task, StepRef.Parse(step), pinned: true, cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> DeleteAsync(string task, string step, ICheckpoints checkpoints, CancellationToken cancellation)
    {
        await checkpoints.SetPinAsync(task, StepRef.Parse(step), pinned: false, cancellation);
        return TypedResults.NoContent();
    }
}
