using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Tags;

/// <summary>The routes of tags.</summary>
internal static class TagsApi
{
    public static void MapTags(this RouteGroupBuilder group)
    {
        group.MapPut("/{tag}", PutAsync).Needs(KeyScope.Write, Reach.Task)
            .WithSummary("Set a tag on a step, or move it there").MayFail(413, 415);
        group.MapDelete("/{tag}", DeleteAsync).Needs(KeyScope.Write, Reach.Task).WithSummary("Remove a tag");
    }

    private static async Task<NoContent> PutAsync(
        string task, string tag, TagTarget target, ICheckpoints checkpoints, CancellationToken cancellation)
    {
        await checkpoints.SetTagAsync(task, tag, StepRef.At(target.Step), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> DeleteAsync(string task, string tag, ICheckpoints checkpoints, CancellationToken cancellation)
    {
        await checkpoints.SetTagAsync(task, tag, null, cancellation);
        return TypedResults.NoContent();
    }
}

/// <summary>Where a tag is to be.</summary>
/// <param name="Step">The step.</param>
internal sealed record TagTarget([property: System.Text.Json.Serialization.JsonRequired] long Step);
