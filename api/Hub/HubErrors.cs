using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Hub;

/// <summary>Marks the routes whose clients read an error's fields instead of its body.</summary>
internal sealed record HubRoute;

/// <summary>
/// Says errors as the Hub's clients read them: <c>X-Error-Code</c>, which they make their exceptions of, and <c>X-Error-Message</c>, which they show. An answer to HEAD has no more
/// than that. The body stays problem details.
/// </summary>
internal sealed class HubErrors(RequestDelegate next)
{
    private const int MostCharacters = 500;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (FishException error) when (context.GetEndpoint()?.Metadata.GetMetadata<HubRoute>() is not null && !context.Response.HasStarted)
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
        var headers = context.Response.Headers;
        if (context.Request.RouteValues.ContainsKey("task") && CodeOf(error.Code) is { } code)
        {
            headers["X-Error-Code"] = code;
        }

        // Clients know this one by its text, and then do not say that there is no such repository.
        headers["X-Error-Message"] = error.Code == ErrorCode.KeyInvalid ? "Invalid credentials in Authorization header" : Shown($"{error.Key}: {error.Cause} {error.Hint}");
    }

    private static string? CodeOf(ErrorCode code) => code switch
    {
        ErrorCode.TaskNotFound or ErrorCode.KeyRequired => "RepoNotFound",
        ErrorCode.CheckpointNotFound or ErrorCode.TagNotFound => "RevisionNotFound",
        ErrorCode.FileNotFound => "EntryNotFound",
        ErrorCode.KeyForbidden => "GatedRepo",
        _ => null,
    };

    // A field's value is one line of ASCII.
    private static string Shown(string text) => string.Concat(text.Take(MostCharacters).Select(letter => letter is >= ' ' and <= '~' ? letter : '?'));
}
