using FishCheckpoint.Api.Errors;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Hub;

/// <summary>Answers what the Hub can and this server does not do, in words that clients show.</summary>
internal static class HubRefusal
{
    private const string Code = "NOT_SUPPORTED";

    /// <summary>Answers a request for something that is not done here: 501.</summary>
    /// <param name="sentence">What is not done, and what to do instead.</param>
    public static Delegate Of(string sentence) => (HttpContext context) =>
    {
        HubErrors.Say(context.Response, null, sentence);
        return FishProblem.Create(
            StatusCodes.Status501NotImplemented, Code, $"{context.Request.Method} {context.Request.Path}", context.Request.Path, sentence,
                "").ForHub().WriteAsync(context.Response);
    };

    /// <summary>Answers 404: there are no repositories of this type.</summary>
    public static void NoRepositories(HttpContext context) => throw new FishException(
        ErrorCode.TaskNotFound, Shown(context), "This server has models alone: no datasets and no spaces.",
            "Ask for a model: TASK, or a base's name.");

    /// <summary>Answers 404: there is no such route.</summary>
    public static void NoRoute(HttpContext context) => throw new FishException(
        ErrorCode.FileNotFound, Shown(context), "The Hub's protocol has no such route here.", "docs/guides/hub.md lists what is served.");

    private static string Shown(HttpContext context) => context.Request.Path.Value is { } path && path.Length <= 200 ? path : "path";
}
