using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Documents;

namespace FishCheckpoint.Api.Hub;

/// <summary>
/// The read side of the Hugging Face Hub's protocol, so that its clients load checkpoints as model repositories (docs/HUB.md): a task is a repository, a checkpoint a commit of it.
/// </summary>
internal static class HubApi
{
    // A repository may be asked for by the task's name alone, or under the server's owner.
    private static readonly string[] Repositories = ["{task}", "{owner}/{task}"];

    public static void MapHub(this IEndpointRouteBuilder routes)
    {
        var hub = routes.MapGroup("").WithTags("Hub").WithMetadata(new HubRoute()).AddEndpointFilter<RouteGroupBuilder, RepositoryFilter>().MayFail(400, 401, 403, 404, 429);
        hub.MapAccount();
        hub.MapModelList();
        foreach (var repository in Repositories)
        {
            hub.MapResolve($"/{repository}/resolve");
            var models = hub.MapGroup($"/api/models/{repository}");
            models.MapModel();
            models.MapTree();
            models.MapRefs();
        }
    }

    /// <summary>Says which commit an answer is about, also where it is that the commit has no such file: clients remember that.</summary>
    public static void SayCommit(this HttpContext context, CommitId commit) => context.Response.OnStarting(() =>
    {
        context.Response.Headers["X-Repo-Commit"] = commit.Text;
        return Task.CompletedTask;
    });

    /// <summary>Whether a query says yes, as any of the clients says it.</summary>
    public static bool IsYes(string? value) => value is "1" || (bool.TryParse(value, out var yes) && yes);

    /// <summary>Whether the request came with a key: what it sees then is private.</summary>
    public static bool HasKey(this HttpContext context) => context.Key() is not null;

    /// <summary>Names the next part of a list. Clients follow it as it stands, so it has the server's address.</summary>
    public static void SayNext(this HttpContext context, string? cursor)
    {
        if (cursor is null)
        {
            return;
        }

        var (request, response) = (context.Request, context.Response);
        var query = QueryString.Create(request.Query.Where(field => field.Key != "cursor").SelectMany(field => field.Value.Select(value => KeyValuePair.Create(field.Key, value))))
            .Add("cursor", cursor);
        response.Headers.Link = $"<{request.Scheme}://{request.Host.ToUriComponent()}{request.PathBase.ToUriComponent()}{request.Path.ToUriComponent()}{query.ToUriComponent()}>; rel=\"next\"";
    }
}
