using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Api.Telemetry;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Checkpoints;

/// <summary>The routes that save, describe, verify and delete checkpoints.</summary>
internal static class CheckpointsApi
{
    public static void MapCheckpoints(this RouteGroupBuilder group)
    {
        group.MapPut("/{step}", PutAsync).Needs(KeyScope.Write, Reach.Task).TakesUploads()
            .TakesBody(MediaTypes.Safetensors, MediaTypes.Tar, MediaTypes.Frames, MediaTypes.Form)
            .TakesHeader(DigestField.Representation,
                "sha-256=:BASE64: of the full model file of the checkpoint, verified before anything is stored.")
            .TakesHeader(DigestField.Content, "sha-256=:BASE64: of the body, verified before anything is stored.")
            .TakesHeader(SaveFields.Metrics,
                """A JSON object of numbers, as in {"loss":0.12}; the form's part 'info' has no limit of a header field.""")
            .WithSummary(
                "Save a checkpoint: a full model, a sparse patch, or frames. A form has it as the part 'checkpoint', the trainer state as "
                + "'state', metrics and metadata as 'info', and side files as 'file' or, if the task has them, by their digests in 'info'. "
                + "the task has them. ?overwrite=true replaces one of other content").MayFail(409, 413, 415, 422, 507);
        group.MapGet("/", ListAsync).Needs(KeyScope.Read, Reach.Task)
            .WithSummary("List a task's checkpoints by step; ?order=descending for the latest first");
        group.MapGet("/{step}", GetAsync).Needs(KeyScope.Read, Reach.Task)
            .WithSummary("Describe a checkpoint");
        group.MapDelete("/{step}", DeleteAsync).Needs(KeyScope.Write, Reach.Task)
            .WithSummary("Delete a checkpoint; it can be undeleted for its grace period, and checkpoints based on it stay readable")
            .MayFail(409);
        group.MapPost("/{step}/verify", VerifyAsync).Needs(KeyScope.Read, Reach.Task)
            .WithSummary("Verify a checkpoint: read all its data and compare it with its digests");
    }

    private static async Task<Results<Created<CheckpointInfo>, Ok<CheckpointInfo>>> PutAsync(
        string task, string step, string? parent, string? @base, bool? overwrite, HttpRequest request, IFishStore store,
        EngineOptions options,
        FishMetrics metrics, ILogger<CheckpointUpload> logger, CancellationToken cancellation)
    {
        var number = StepRef.ParseStep(step);
        var known = await store.Tasks.GetAsync(task, cancellation);
        await request.HttpContext.RequireReachOfBaseAsync(@base);
        var save = await SaveFields.ReadAsync(request, parent, @base, overwrite, store.Bases, cancellation);

        // What is laid on another task's checkpoint gives that one's values to whoever reads this.
        request.HttpContext.RequireReach(save.Parent.Task);
        using var upload = await CheckpointUpload.ReceiveAsync(request, known, store.Bases, options, cancellation);
        var begun = options.Time.GetTimestamp();
        var saved = await store.Checkpoints.SaveAsync(task, number, upload.Content, upload.Complete(save), cancellation);
        metrics.Saved(saved, options.Time.GetElapsedTime(begun));
        if (saved.Created)
        {
            ApiLog.Saved(logger, task, number, saved.Value.Parent, saved.Value.Changed, saved.Value.StoredBytes, saved.Value.LogicalBytes);
        }

        var info = saved.Value with { LeftOut = upload.LeftOut };
        return saved.Created ? TypedResults.Created($"/v1/tasks/{task}/checkpoints/{number}", info) : TypedResults.Ok(info);
    }

    private static async Task<Ok<Page<CheckpointInfo>>> ListAsync(
        string task, int? limit, string? after, string? order, HttpContext context, ICheckpoints checkpoints,
        CancellationToken cancellation)
    {
        var page = Paging.Of(limit, after, order);
        return Paging.Answer(context, page, await checkpoints.ListAsync(task, page, cancellation).ReadPageAsync());
    }

    private static async Task<Ok<CheckpointInfo>> GetAsync(
        string task, string step, ICheckpoints checkpoints, CancellationToken cancellation) =>
        TypedResults.Ok(await checkpoints.GetAsync(task, StepRef.Parse(step), cancellation));

    private static async Task<NoContent> DeleteAsync(string task, string step, ICheckpoints checkpoints, CancellationToken cancellation)
    {
        await checkpoints.DeleteAsync(task, StepRef.Parse(step), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<VerifyResult>> VerifyAsync(
        string task, string step, IMaintenance maintenance, CancellationToken cancellation) =>
        TypedResults.Ok(await maintenance.VerifyCheckpointAsync(task, StepRef.Parse(step), cancellation));
}
