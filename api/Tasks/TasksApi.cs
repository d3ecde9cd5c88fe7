using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Tasks;

/// <summary>The routes of tasks.</summary>
internal static class TasksApi
{
    public static void MapTasks(this RouteGroupBuilder group)
    {
        group.MapPut("/{task}", PutAsync).Needs(KeyScope.Write, Reach.Task).WithSummary("Make a task, or change its description, metadata and retention").MayFail(409, 413, 415, 422);
        group.MapGet("/", ListAsync).Needs(KeyScope.Read, Reach.List).WithSummary("List the tasks by name");
        group.MapGet("/{task}", GetAsync).Needs(KeyScope.Read, Reach.Task).WithSummary("Describe a task");
        group.MapDelete("/{task}", DeleteAsync).Needs(KeyScope.Admin, Reach.Task).WithSummary("Delete a task with all its checkpoints");
        group.MapPut("/{task}/quota", PutQuotaAsync).Needs(KeyScope.Admin, Reach.Task)
            .WithSummary("Say how many bytes a task may store: {\"bytes\":null} for no limit").MayFail(413, 415);
        group.MapStart();
        group.MapEvents();
    }

    private static async Task<Results<Created<TaskInfo>, Ok<TaskInfo>>> PutAsync(
        string task, TaskSpec spec, ICheckpointStore store, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(spec.Base) && (spec.Base is not null || spec.From is null))
        {
            throw new FishException(
                ErrorCode.RequestInvalid, "base", "The task names no base.", """Send {"base":"NAME"}, or {"from":{"task":"NAME","step":N}}.""");
        }

        var saved = await store.PutTaskAsync(task, spec, cancellation);
        return saved.Created ? TypedResults.Created($"/v1/tasks/{task}", saved.Value) : TypedResults.Ok(saved.Value);
    }

    private static async Task<Ok<Page<TaskInfo>>> ListAsync(
        int? limit, string? after, HttpContext context, ICheckpointStore store, CancellationToken cancellation)
    {
        var page = Paging.Of(limit, after);
        var tasks = context.Key() is { Tasks: not null } key
            ? await VisiblePages.ReadAsync(page, part => store.ListTasksAsync(part, cancellation), item => Task.FromResult(key.Reaches(item.Name)), item => item.Name)
            : await store.ListTasksAsync(page, cancellation);
        return Paging.Answer(context, page, tasks);
    }

    private static async Task<Ok<TaskInfo>> GetAsync(string task, ICheckpointStore store, CancellationToken cancellation) =>
        TypedResults.Ok(await store.GetTaskAsync(task, cancellation));

    private static async Task<Ok<TaskInfo>> PutQuotaAsync(string task, TaskQuota quota, IAccessControl access, CancellationToken cancellation) =>
        TypedResults.Ok(await access.SetQuotaAsync(task, quota, cancellation));

    private static async Task<NoContent> DeleteAsync(string task, ICheckpointStore store, CancellationToken cancellation)
    {
        await store.DeleteTaskAsync(task, cancellation);
        return TypedResults.NoContent();
    }
}
