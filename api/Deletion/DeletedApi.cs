using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Deletion;

/// <summary>The routes that list what is deleted and bring it back.</summary>
internal static class DeletedApi
{
    public static void MapDeleted(this RouteGroupBuilder group)
    {
        group.MapGet("/deleted/tasks", ListTasksAsync).Needs(KeyScope.Read, Reach.List).WithTags("Tasks")
            .WithSummary("List the tasks that can be undeleted, and the tasks with checkpoints that can be undeleted");
        group.MapGet("/tasks/{task}/deleted", ListAsync).Needs(KeyScope.Read, Reach.Task).WithTags("Checkpoints")
            .WithSummary("List the checkpoints of a task, or of a deleted task, that can be undeleted");
        group.MapPost("/tasks/{task}/undelete", UndeleteTaskAsync).Needs(KeyScope.Admin, Reach.Task).WithTags("Tasks")
            .WithSummary("Bring back a deleted task with its checkpoints; the optional body {\"as\":\"NAME\"} renames it")
            .MayFail(409, 413, 415, 507);
        group.MapPost("/tasks/{task}/checkpoints/{step}/undelete", UndeleteAsync).Needs(KeyScope.Write, Reach.Task).WithTags("Checkpoints")
            .WithSummary("Bring back a deleted checkpoint, bit for bit; the optional body is {\"as\":STEP,\"pin\":true}")
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

/// <summary>The name that a deleted task comes back under.</summary>
/// <param name="As">The name; left out, the one that it had.</param>
internal sealed record TaskName(string? As = null);
