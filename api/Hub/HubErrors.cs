using FishCheckpoint.Api.Errors;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Hub;

/// <summary>
/// Reports errors in the form of the Hub's clients: <c>X-Error-Code</c>, which selects their exception, and <c>X-Error-Message</c>, which
/// they show. A response to HEAD has nothing else. The body has the usual problem details.
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
            // Set when the response starts, because an error clears earlier fields.
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
        // Clients recognize this error by its text; otherwise they report a missing repository.
        Say(context.Response, CodeOf(error.Code, context.Request.RouteValues.ContainsKey("task")), error.Code == ErrorCode.KeyInvalid
            ? "Invalid credentials in Authorization header" : $"{error.Key}: {error.Cause} {error.Hint}");
    }

    /// <summary>Reports an error in the clients' header fields.</summary>
    /// <param name="response">The response.</param>
    /// <param name="code">The code that selects the clients' exception; <see langword="null"/>: the status does.</param>
    /// <param name="message">The message that clients show.</param>
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
