using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Api.Errors;

namespace FishCheckpoint.Api.Hub;

/// <summary>
/// The read side of the Hugging Face Hub's protocol, so that its clients load checkpoints as model repositories (docs/guides/hub.md): a
/// task is a repository, a checkpoint a commit of it, and a base a repository of one commit. One table lists all routes of the protocol;
/// those that are not implemented answer with a sentence.
/// </summary>
internal static class HubApi
{
    private const string Model = "/api/models/{repository}";
    private const string Reads = "GET HEAD";
    private const string All = "GET HEAD POST PUT PATCH DELETE";

    private const string NoUpload =
        "This server takes no uploads by the Hub's protocol. Save a checkpoint with 'fishckpt save', a client of FishCheckpoint, "
        + "or PUT /v1/tasks/TASK/checkpoints/STEP.";

    private const string NoRepositoryChange =
        "Repositories are made, changed and deleted here as tasks: 'fishckpt task add', 'fishckpt rm', or /v1/tasks.";

    private const string NoRevisionChange = "Revisions are checkpoints and tags here: 'fishckpt tag', or /v1/tasks/TASK/tags.";

    private const string NoDiscussion = "There are no discussions and no pull requests on this server.";

    private const string NoXet = "Files are given whole and in ranges here, without Xet; set HF_HUB_DISABLE_XET=1.";

    private static readonly HubEndpoint[] Table =
    [
        new("GET", "/api/whoami-v2", AccountApi.Get, Reach.Nothing, "Report the key of the request"),
        new("GET", "/api/models", ModelListApi.ListAsync, Reach.List,
            "List tasks and bases as model repositories; ?search=, ?author= and ?filter= filter the list, ?sort= orders it"),
        new(Reads, "/{repository}/resolve/{revision}/{**file}", ResolveApi.ResolveAsync, Reach.Repository,
            "Give a file of a repository; a revision that may move redirects to its commit")
        {
            Describe = route => route.GivesBytes(MediaTypes.Safetensors, MediaTypes.Bytes).MayFail(412, 416, 500)
                .Produces(StatusCodes.Status307TemporaryRedirect),
        },
        new("GET", Model, ModelsApi.GetLatestAsync, Reach.Repository,
            "Describe a task at its latest checkpoint, or a base, as a model repository"),
        new("GET", $"{Model}/revision/{{revision}}", ModelsApi.GetAsync, Reach.Repository,
            "Describe a repository at a revision; ?blobs=true adds sizes and digests"),
        new("GET", $"{Model}/tree/{{revision}}/{{**path}}", TreeApi.ListAsync, Reach.Repository,
            "List the files and folders in a folder of a revision; ?recursive=true includes subfolders"),
        new("POST", $"{Model}/paths-info/{{revision}}", TreeApi.DescribeAsync, Reach.Repository,
            "Describe the files of a revision that the body's 'paths' names; unknown ones are left out")
        {
            Describe = route => route.TakesBody(TreeApi.FormType, TreeApi.JsonType).MayFail(413, 415),
        },
        new("GET", $"{Model}/refs", RefsApi.ListAsync, Reach.Repository,
            "List the revisions of a repository with their commits: main, its tags, and a step-N for each checkpoint"),
        new("GET", $"{Model}/commits/{{revision}}", CommitsApi.ListAsync, Reach.Repository,
            "List the commits of a repository from a revision back to the first"),
        new("GET", $"{Model}/auth-check", ModelsApi.CheckAsync, Reach.Repository, "Report whether the key can read a repository"),
        new("GET", $"{Model}/discussions", DiscussionsApi.ListAsync, Reach.Repository, "List the discussions: there are none"),
        new("GET", $"{Model}/discussions/{{number}}", DiscussionsApi.GetAsync, Reach.Repository, "Answer 404: there are no discussions"),

        HubEndpoint.Refused("POST PUT PATCH DELETE", $"{Model}/discussions/{{**rest}}", NoDiscussion),
        HubEndpoint.Refused("POST", $"{Model}/preupload/{{revision}}", NoUpload),
        HubEndpoint.Refused("POST", $"{Model}/commit/{{revision}}", NoUpload),
        HubEndpoint.Refused("POST PUT", $"{Model}/upload/{{**rest}}", NoUpload),
        HubEndpoint.Refused("POST", "/{repository}.git/info/lfs/objects/batch", NoUpload),
        HubEndpoint.Refused("POST", "/api/complete_multipart", NoUpload),
        HubEndpoint.Refused("POST", "/api/validate-yaml", NoUpload),
        HubEndpoint.Refused("POST", "/api/repos/create", NoRepositoryChange),
        HubEndpoint.Refused("POST", "/api/repos/move", NoRepositoryChange),
        HubEndpoint.Refused("DELETE", "/api/repos/delete", NoRepositoryChange),
        HubEndpoint.Refused("PUT PATCH DELETE", Model, NoRepositoryChange),
        HubEndpoint.Refused("PUT", $"{Model}/settings", NoRepositoryChange),
        HubEndpoint.Refused("POST DELETE", $"{Model}/branch/{{**branch}}", NoRevisionChange),
        HubEndpoint.Refused("POST DELETE", $"{Model}/tag/{{**tag}}", NoRevisionChange),
        HubEndpoint.Refused("POST", $"{Model}/super-squash/{{**branch}}", NoRevisionChange),
        HubEndpoint.Refused("GET", $"{Model}/xet-read-token/{{revision}}", NoXet),
        HubEndpoint.Refused("GET", $"{Model}/xet-write-token/{{revision}}", NoUpload),

        new(All, "/datasets/{owner}/{name}/resolve/{**rest}", HubRefusal.NoRepositories, Reach.Nothing,
            "Answer 404: there are no datasets"),
        new(All, "/spaces/{owner}/{name}/resolve/{**rest}", HubRefusal.NoRepositories, Reach.Nothing, "Answer 404: there are no spaces"),
        new(All, "/api/datasets/{**rest}", HubRefusal.NoRepositories, Reach.Nothing, "Answer 404: there are no datasets"),
        new(All, "/api/spaces/{**rest}", HubRefusal.NoRepositories, Reach.Nothing, "Answer 404: there are no spaces"),
        new(All, "/api/{kind:regex(^(?!resolve$).*$)}/{**rest}", HubRefusal.NoRoute, Reach.Nothing,
            "Answer 404: the server has no such route of the protocol"),
    ];

    public static void MapHub(this IEndpointRouteBuilder routes)
    {
        var hub = routes.MapGroup("").WithTags("Hub").WithMetadata(new HubRoute()).AddEndpointFilter<RouteGroupBuilder, RepositoryFilter>()
            .MayFail(400, 401, 403, 404, 429);
        foreach (var endpoint in Table)
        {
            endpoint.MapTo(hub);
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
        var query = QueryString.Create(
            request.Query.Where(field => field.Key != "cursor")
            .SelectMany(field => field.Value.Select(value => KeyValuePair.Create(field.Key, value))))
            .Add("cursor", cursor);
        response.Headers.Link = $"<{request.Scheme}://{request.Host.ToUriComponent()}{request.PathBase.ToUriComponent()}"
            + $"{request.Path.ToUriComponent()}{query.ToUriComponent()}>; rel=\"next\"";
    }
}
