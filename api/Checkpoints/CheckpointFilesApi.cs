using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Api.Restores;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Checkpoints;

/// <summary>The routes that give back a checkpoint's files and tensors.</summary>
internal static class CheckpointFilesApi
{
    // The segments before a tensor's name: /v1/tasks/{task}/checkpoints/{step}/tensors/.
    private const int SegmentsBeforeTensor = 6;

    private const string WantsDigest =
        "sha-256=1 with HEAD: rebuild the file to say its SHA-256 in Repr-Digest, where it is not known anyway.";

    public static void MapCheckpointFiles(this RouteGroupBuilder group)
    {
        group.MapMethods("/{step}/model.safetensors", ["GET", "HEAD"], GetModelAsync).Needs(KeyScope.Read, Reach.Task)
            .GivesBytes(MediaTypes.Safetensors, CheckedBlocks.MediaType)
            .TakesHeader(DigestField.Wanted, WantsDigest).WithSummary("Rebuild the full model of a step, or a range of it")
            .MayFail(412, 416, 500);
        group.MapGet("/{step}/files", ListAsync).Needs(KeyScope.Read, Reach.Task)
            .WithSummary("List the files of a step's model, side files included");
        group.MapMethods("/{step}/files/{**file}", ["GET", "HEAD"], GetFileAsync).Needs(KeyScope.Read, Reach.Task)
            .GivesBytes(MediaTypes.Safetensors, MediaTypes.Bytes, CheckedBlocks.MediaType)
            .TakesHeader(DigestField.Wanted, WantsDigest).WithSummary("Rebuild one file of a sharded model, or give a side file")
            .MayFail(412, 416, 500);
        group.MapGet("/{step}/tensors/{**tensor}", GetTensorAsync).Needs(KeyScope.Read, Reach.Task).GivesBytes(MediaTypes.Bytes)
            .WithSummary("Rebuild the raw bytes of one tensor; the fields Fish-Dtype and Fish-Shape describe them").MayFail(422, 500);
    }

    private static async Task<Ok<IReadOnlyList<RestoredFile>>> ListAsync(
        string task, string step, IStates states, CancellationToken cancellation)
    {
        await using var reader = await states.OpenAsync(task, StepRef.Parse(step), cancellation);
        return TypedResults.Ok(reader.Files);
    }

    private static Task<ModelFileResult> GetModelAsync(
        string task, string step, [AsParameters] CheckedPart checks, IStates states, CancellationToken cancellation) =>
        GetFileAsync(task, step, ModelFiles.SingleFileName, checks, states, cancellation);

    private static async Task<ModelFileResult> GetFileAsync(
        string task, string step, string file, [AsParameters] CheckedPart checks, IStates states, CancellationToken cancellation) =>
        new(await states.OpenAsync(task, StepRef.Parse(step), cancellation), file, checks: checks);

    private static async Task<TensorResult> GetTensorAsync(
        string task, string step, string tensor, HttpRequest request, IStates states, CancellationToken cancellation)
    {
        var name = string.Join('/', RawPath.SegmentsOf(request).Skip(SegmentsBeforeTensor));
        return new TensorResult(await states.OpenAsync(task, StepRef.Parse(step), cancellation), name.Length > 0 ? name : tensor);
    }
}
