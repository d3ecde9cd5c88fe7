using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Access;

/// <summary>
/// Records refusals of known keys in the audit log: all of their writes, and reads beyond their permissions. Requests without a key are
/// only logged, so that an unauthenticated client cannot make the server write.
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
