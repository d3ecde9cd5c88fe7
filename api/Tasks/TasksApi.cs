using System.Text.Json;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Tasks;

/// <summary>The routes of tasks.</summary>
internal static class TasksApi
{
    public static void MapTasks(this RouteGroupBuilder group)
    {
        group.MapPut("/{task}", PutAsync).Needs(KeyScope.Write, Reach.Task)
            .WithSummary("Create a task, or replace its description, metadata and retention; omitted ones are removed")
            .MayFail(409, 413, 415, 422);
        group.MapPatch("/{task}", PatchAsync).Needs(KeyScope.Write, Reach.Task).Accepts<TaskPatch>(MediaTypes.MergePatch, MediaTypes.Json)
            .WithSummary(
                "Change a task's description, metadata and retention by a JSON merge patch (RFC 7396); ?dryRun=true only reports "
                + "the result")
            .MayFail(413, 415);
        group.MapGet("/", ListAsync).Needs(KeyScope.Read, Reach.List).WithSummary("List the tasks by name");
        group.MapGet("/{task}", GetAsync).Needs(KeyScope.Read, Reach.Task).WithSummary("Describe a task");
        group.MapDelete("/{task}", DeleteAsync).Needs(KeyScope.Admin, Reach.Task)
            .WithSummary("Delete a task with all its checkpoints; they can be restored until their grace period ends").MayFail(409);
        group.MapPut("/{task}/quota", PutQuotaAsync).Needs(KeyScope.Admin, Reach.Task)
            .WithSummary("Set how many bytes a task may store: {\"bytes\":null} for no limit").MayFail(413, 415);
        group.MapStart();
        group.MapEvents();
    }

    private static async Task<Results<Created<TaskInfo>, Ok<TaskInfo>>> PutAsync(
        string task, TaskSpec spec, HttpContext context, ITasks tasks, FishSettings settings, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(spec.Base) && (spec.Base is not null || spec.BranchPoint is null))
        {
            throw new FishException(
                ErrorCode.RequestInvalid, "base", "The task has no base.",
                """Send {"base":"NAME"}, or {"from":{"task":"NAME","step":N}}.""");
        }

        context.RequireReach(spec.BranchPoint?.Task);
        await context.RequireReachOfBaseAsync(spec.Base);
        var saved = await tasks.PutAsync(task, spec, cancellation);
        return saved.Created ? TypedResults.Created($"/v1/tasks/{task}", saved.Value) : TypedResults.Ok(WithTime(saved.Value, settings));
    }

    private static async Task<Ok<TaskInfo>> PatchAsync(
        string task, bool? dryRun, HttpRequest request, ITasks tasks, FishSettings settings, CancellationToken cancellation)
    {
        if (MediaTypes.Of(request) is not (MediaTypes.MergePatch or MediaTypes.Json))
        {
            throw MediaTypes.Unsupported(request.ContentType, MediaTypes.MergePatch, MediaTypes.Json);
        }

        using var patch = await ReadAsync(request, cancellation);
        return TypedResults.Ok(WithTime(await tasks.ChangeAsync(task, patch.RootElement, dryRun ?? false, cancellation), settings));
    }

    private static async Task<JsonDocument> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        try
        {
            return await JsonDocument.ParseAsync(request.Body, cancellationToken: cancellation);
        }
        catch (JsonException error)
        {
            throw new BadHttpRequestException("The body is not JSON.", StatusCodes.Status400BadRequest, error);
        }
    }

    // Only the server's settings know the time of its garbage collection.
    private static TaskInfo WithTime(TaskInfo info, FishSettings settings) =>
        info.Removes is { } removes && settings.Maintenance.CollectEvery > TimeSpan.Zero
        ? info with { Removes = removes with { Within = settings.Maintenance.CollectEvery } } : info;

    private static async Task<Ok<Page<TaskInfo>>> ListAsync(
        int? limit, string? after, HttpContext context, ITasks store, CancellationToken cancellation)
    {
        var page = Paging.Of(limit, after);
        var tasks = context.Key() is { Tasks: not null } key
            ? await VisiblePages.ReadAsync(
                page, part => store.ListAsync(part, cancellation), item => Task.FromResult(key.Reaches(item.Name)), item => item.Name)
            : await store.ListAsync(page, cancellation).ReadPageAsync();
        return Paging.Answer(context, page, tasks);
    }

    private static async Task<Ok<TaskInfo>> GetAsync(string task, ITasks tasks, CancellationToken cancellation) =>
        TypedResults.Ok(await tasks.GetAsync(task, cancellation));

    private static async Task<Ok<TaskInfo>> PutQuotaAsync(
        string task, TaskQuota quota, IAccessControl access, CancellationToken cancellation) =>
        TypedResults.Ok(await access.SetQuotaAsync(task, quota, cancellation));

    private static async Task<NoContent> DeleteAsync(string task, ITasks tasks, CancellationToken cancellation)
    {
        await tasks.DeleteAsync(task, cancellation);
        return TypedResults.NoContent();
    }
}

/// <summary>The members of a task's merge patch; <c>null</c> removes a member, and omitted ones stay.</summary>
internal sealed record TaskPatch(string? Description, IReadOnlyDictionary<string, string?>? Metadata, Retention? Retention);
