using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Api.Restores;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Tasks;

/// <summary>
/// The routes that return the model that a task starts from: another task's checkpoint, which may be deleted, or the base.
/// </summary>
internal static class StartApi
{
    public static void MapStart(this RouteGroupBuilder group)
    {
        group.MapMethods("/{task}/start/model.safetensors", ["GET", "HEAD"], GetModelAsync).Needs(KeyScope.Read, Reach.Task)
            .GivesBytes(MediaTypes.Safetensors, CheckedBlocks.MediaType)
            .WithSummary("Rebuild the model that a task starts from, or a range of it").MayFail(412, 416, 500);
        group.MapGet("/{task}/start/files", ListAsync).Needs(KeyScope.Read, Reach.Task)
            .WithSummary("List the files of the model that a task starts from");
        group.MapMethods("/{task}/start/files/{**file}", ["GET", "HEAD"], GetFileAsync).Needs(KeyScope.Read, Reach.Task)
            .GivesBytes(MediaTypes.Safetensors, MediaTypes.Bytes, CheckedBlocks.MediaType)
            .WithSummary("Rebuild one file of the model that a task starts from, or download a side file").MayFail(412, 416, 500);
    }

    private static async Task<Ok<IReadOnlyList<RestoredFile>>> ListAsync(string task, IStates states, CancellationToken cancellation)
    {
        await using var reader = await states.OpenBranchPointAsync(task, cancellation);
        return TypedResults.Ok(reader.Files);
    }

    private static Task<ModelFileResult> GetModelAsync(
        string task, [AsParameters] CheckedPart checks, IStates states, CancellationToken cancellation) =>
        GetFileAsync(task, ModelFiles.SingleFileName, checks, states, cancellation);

    private static async Task<ModelFileResult> GetFileAsync(
        string task, string file, [AsParameters] CheckedPart checks, IStates states, CancellationToken cancellation) =>
        new(await states.OpenBranchPointAsync(task, cancellation), file, checks: checks);
}
