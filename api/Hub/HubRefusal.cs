using FishCheckpoint.Api.Errors;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Hub;

/// <summary>Responses for unsupported features, with a message that clients show.</summary>
internal static class HubRefusal
{
    private const string Code = "NOT_SUPPORTED";

    /// <summary>Responds to an unsupported request: 501.</summary>
    /// <param name="sentence">The missing feature, and what to do instead.</param>
    public static Delegate Of(string sentence) => (HttpContext context) =>
    {
        HubErrors.Say(context.Response, null, sentence);
        return FishProblem.Create(
            StatusCodes.Status501NotImplemented, Code, $"{context.Request.Method} {context.Request.Path}", context.Request.Path, sentence,
                "").ForHub().WriteAsync(context.Response);
    };

    /// <summary>Responds for repository types that this server does not have: 404.</summary>
    public static void NoRepositories(HttpContext context) => throw new FishException(
        ErrorCode.TaskNotFound, Shown(context), "This server has only models: no datasets and no spaces.",
            "Request a model: TASK, or a base's name.");

    /// <summary>Responds for an unknown route: 404.</summary>
    public static void NoRoute(HttpContext context) => throw new FishException(
        ErrorCode.FileNotFound, Shown(context), "This server does not have this route of the Hub's protocol.",
        "See the supported routes in docs/guides/hub.md.");

    private static string Shown(HttpContext context) => context.Request.Path.Value is { } path && path.Length <= 200 ? path : "path";
}
