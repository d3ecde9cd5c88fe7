using FishCheckpoint.Api.Errors;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Hub;

/// <summary>
/// Says errors as the Hub's clients read them: <c>X-Error-Code</c>, which they make their exceptions of, and <c>X-Error-Message</c>, which
/// they show. An answer to HEAD has no more than that. The body stays problem details.
/// </summary>
internal sealed class HubErrors(RequestDelegate next)
{
    private const int MaxCharacters = 500;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (FishException error)
            when (context.GetEndpoint()?.Metadata.GetMetadata<HubRoute>() is not null && !context.Response.HasStarted)
        {
            // On its way out: what was prepared before the error is cleared.
            context.Response.OnStarting(() =>
            {
                Describe(context, error);
                return Task.CompletedTask;
            });
            throw;
        }
    }

    private static void Describe(HttpContext context, FishException error)
    {
        // Clients know this one by its text, and then do not say that there is no such repository.
        Say(context.Response, CodeOf(error.Code, context.Request.RouteValues.ContainsKey("task")), error.Code == ErrorCode.KeyInvalid
            ? "Invalid credentials in Authorization header" : $"{error.Key}: {error.Cause} {error.Hint}");
    }

    /// <summary>Says an error in the fields that clients read.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="code">What clients make their exception of; <see langword="null"/>: the status.</param>
    /// <param name="message">What they show.</param>
    public static void Say(HttpResponse response, string? code, string message)
    {
        if (code is not null)
        {
            response.Headers["X-Error-Code"] = code;
        }

        response.Headers["X-Error-Message"] = Shown(message);
    }

    private static string? CodeOf(ErrorCode code, bool ofRepository) => code switch
    {
        ErrorCode.KeyRequired or ErrorCode.KeyForbidden when !ofRepository => null,
        ErrorCode.TaskNotFound or ErrorCode.BaseNotFound or ErrorCode.KeyRequired => "RepoNotFound",
        ErrorCode.CheckpointNotFound or ErrorCode.TagNotFound => "RevisionNotFound",
        ErrorCode.FileNotFound or ErrorCode.RouteNotFound or ErrorCode.TensorUnknown => "EntryNotFound",
        ErrorCode.KeyForbidden => "GatedRepo",
        _ => null,
    };

    // A field's value is one line of ASCII.
    private static string Shown(string text) =>
        string.Concat(text.Take(MaxCharacters).Select(letter => letter is >= ' ' and <= '~' ? letter : '?'));
}
