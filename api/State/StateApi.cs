using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Api.Restores;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.State;

/// <summary>The routes of trainer states: opaque bytes beside a checkpoint.</summary>
internal static class StateApi
{
    public static void MapState(this RouteGroupBuilder group)
    {
        group.MapPut("/{step}/state", PutAsync).Needs(KeyScope.Write, Reach.Task).TakesUploads().TakesBody(MediaTypes.Bytes)
            .TakesHeader(DigestField.Content, "sha-256=:BASE64: of the body, verified before anything is stored.")
            .WithSummary("Store a checkpoint's trainer state").MayFail(409, 413, 422, 507);
        group.MapGet("/{step}/state", GetAsync).Needs(KeyScope.Read, Reach.Task).GivesBytes(MediaTypes.Bytes,
            CheckedBlocks.MediaType).WithSummary("Download a checkpoint's trainer state").MayFail(412, 416, 500);
    }

    private static async Task<Results<Created<TrainerStateInfo>, Ok<TrainerStateInfo>>> PutAsync(
        string task, string step, HttpRequest request, IStates states, EngineOptions options, CancellationToken cancellation)
    {
        var expected = DigestField.Read(request, DigestField.Representation) ?? DigestField.Read(request, DigestField.Content);
        await using var body = new BodyStream(request, options.MaxTrainerStateBytes, expected);
        var saved = await states.PutTrainerStateAsync(task, StepRef.Parse(step), body, cancellation);
        return saved.Created ? TypedResults.Created($"/v1/tasks/{task}/checkpoints/{step}/state", saved.Value)
            : TypedResults.Ok(saved.Value);
    }

    private static async Task<StateResult> GetAsync(
        string task, string step, [AsParameters] CheckedPart checks, IStates states, CancellationToken cancellation) =>
        new(await states.OpenTrainerStateAsync(task, StepRef.Parse(step), cancellation), checks);
}
