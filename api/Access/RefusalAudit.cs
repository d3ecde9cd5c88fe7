using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Access;

/// <summary>
/// Takes note of what a known key was refused: all of its writes, and reads for which it does not reach far enough. Requests without a key
/// are only logged: whoever has none must not be able to make the server write.
/// </summary>
internal sealed class RefusalAudit(RequestDelegate next, RefusalCounts counts)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (FishException error)
            when (context.Key() is not null && (error.Code == ErrorCode.KeyForbidden || !IsRead(context.Request.Method)))
        {
            await counts.NoteAsync(
                RequestCallers.CallerOf(context),
                $"{context.Request.Method} {(context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText?.TrimEnd('/')}",
                context.Request.RouteValues["task"] as string, error);
            throw;
        }
    }

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
}
