using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Checkpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace FishCheckpoint.Api.Hub;

/// <summary>The routes that describe repositories and list them.</summary>
internal static class ModelsApi
{
    private const int MostModels = 1000;

    public static void MapModel(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", GetLatestAsync).Needs(KeyScope.Read, Reach.Task).WithSummary("Describe a task as a model repository at its latest checkpoint");
        routes.MapGet("/revision/{revision}", GetAsync).Needs(KeyScope.Read, Reach.Task)
            .WithSummary("Describe a task as a model repository at a revision; ?blobs=true adds sizes and digests");
    }

    public static void MapModelList(this IEndpointRouteBuilder routes) => routes.MapGet("/api/models", ListAsync).Needs(KeyScope.Read, Reach.List)
        .WithSummary("List the tasks as model repositories by name; ?search=, ?author= and ?filter= narrow it down");

    private static async Task<Ok<HubModel>> GetLatestAsync(
        string task, string? blobs, HttpContext context, ICheckpointStore store, FishSettings settings, CancellationToken cancellation)
    {
        // A repository that has nothing yet is one all the same.
        var known = await store.GetTaskAsync(task, cancellation);
        return known.Latest is null
            ? TypedResults.Ok(HubModel.Of(known, settings.Hub.Owner, context.HasKey()) with { Siblings = [] })
            : await GetAsync(task, Revision.Main, blobs, context, store, settings, cancellation);
    }

    private static async Task<Ok<HubModel>> GetAsync(
        string task, string revision, string? blobs, HttpContext context, ICheckpointStore store, FishSettings settings, CancellationToken cancellation)
    {
        var known = await store.GetTaskAsync(task, cancellation);
        await using var opened = await OpenedRevision.OpenAsync(store, task, revision, cancellation);
        context.SayCommit(opened.Commit);
        return TypedResults.Ok(HubModel.Of(known, opened, settings.Hub.Owner, context.HasKey(), HubApi.IsYes(blobs)));
    }

    private static async Task<Ok<IReadOnlyList<HubModel>>> ListAsync(
        [FromQuery] string[]? search, [FromQuery] string[]? filter, string? author, int? limit, string? cursor,
        HttpContext context, ICheckpointStore store, FishSettings settings, CancellationToken cancellation)
    {
        var (key, owner) = (context.Key(), settings.Hub.Owner);
        var page = new PageRequest(Math.Clamp(limit ?? MostModels, 1, MostModels), cursor);
        if ((author is not null && author != owner) || filter?.Any(wanted => wanted != HubModel.Format) == true)
        {
            return TypedResults.Ok<IReadOnlyList<HubModel>>([]);
        }

        bool Visible(TaskInfo task) => key?.Reaches(task.Name) != false
            && (search ?? []).All(words => $"{owner}/{task.Name}".Contains(words, StringComparison.OrdinalIgnoreCase));
        var tasks = await VisiblePages.ReadAsync(page, part => store.ListTasksAsync(part, cancellation), task => Task.FromResult(Visible(task)), task => task.Name);
        context.SayNext(tasks.Next);
        return TypedResults.Ok<IReadOnlyList<HubModel>>([.. tasks.Items.Select(task => HubModel.Of(task, owner, context.HasKey()))]);
    }
}
