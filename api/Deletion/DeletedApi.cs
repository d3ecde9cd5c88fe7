using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Deletion;

/// <summary>The routes that list and restore deleted items.</summary>
internal static class DeletedApi
{
    public static void MapDeleted(this RouteGroupBuilder group)
    {
        group.MapGet("/deleted/tasks", ListTasksAsync).Needs(KeyScope.Read, Reach.List).WithTags("Tasks")
            .WithSummary("List deleted tasks that can be restored, and tasks with deleted checkpoints that can be restored");
        group.MapGet("/tasks/{task}/deleted", ListAsync).Needs(KeyScope.Read, Reach.Task).WithTags("Checkpoints")
            .WithSummary("List the restorable deleted checkpoints of a task, which may itself be deleted");
        group.MapPost("/tasks/{task}/undelete", UndeleteTaskAsync).Needs(KeyScope.Admin, Reach.Task).WithTags("Tasks")
            .WithSummary("Restore a deleted task with its checkpoints; the body is optional: {\"as\":\"NAME\"}")
            .MayFail(409, 413, 415, 507);
        group.MapPost("/tasks/{task}/checkpoints/{step}/undelete", UndeleteAsync).Needs(KeyScope.Write, Reach.Task).WithTags("Checkpoints")
            .WithSummary("Restore a deleted checkpoint bit for bit; the body is optional: {\"as\":STEP,\"pin\":true}")
            .MayFail(409, 413, 415, 507);
    }

    private static async Task<Ok<Page<DeletedTask>>> ListTasksAsync(
        int? limit, string? after, HttpContext context, ITasks store, CancellationToken cancellation)
    {
        var page = Paging.Of(limit, after);
        var tasks = await store.ListDeletedAsync(page, cancellation).ReadPageAsync();
        if (context.Key() is { Tasks: not null } key)
        {
            tasks = tasks with { Items = [.. tasks.Items.Where(task => key.Reaches(task.Name))] };
        }

        return Paging.Answer(context, page, tasks);
    }

    private static async Task<Ok<Page<DeletedCheckpoint>>> ListAsync(
        string task, int? limit, string? after, HttpContext context, ICheckpoints checkpoints, CancellationToken cancellation)
    {
        var page = Paging.Of(limit, after);
        return Paging.Answer(context, page, await checkpoints.ListDeletedAsync(task, page, cancellation).ReadPageAsync());
    }

    private static async Task<Ok<Undeleted>> UndeleteAsync(
        string task, string step, UndeleteOptions? options, ICheckpoints checkpoints, CancellationToken cancellation) =>
        TypedResults.Ok(await checkpoints.UndeleteAsync(task, StepRef.ParseStep(step), options, cancellation));

    private static async Task<Ok<TaskInfo>> UndeleteTaskAsync(
        string task, TaskName? name, HttpContext context, ITasks tasks, CancellationToken cancellation)
    {
        if (name?.As is { } other && context.Key() is { Tasks: not null } key && !key.Reaches(other))
        {
            throw AccessMiddleware.OutOfReach(key);
        }

        return TypedResults.Ok(await tasks.UndeleteAsync(task, name?.As, cancellation));
    }
}

/// <summary>The name for a restored task.</summary>
/// <param name="As">The name; the original name if left out.</param>
internal sealed record TaskName(string? As = null);
