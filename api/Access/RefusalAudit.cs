using FishCheckpoint.Api.Hosting;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Access;

/// <summary>
/// Writes down which writes of a known key were refused. Those without a key are only logged: whoever has none must not be able to make the server write.
/// </summary>
internal sealed class RefusalAudit(RequestDelegate next, StoreHost host, ILogger<RefusalAudit> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (FishException error) when (context.Key() is not null && !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            await NoteAsync(context, error);
            throw;
        }
    }

    private async Task NoteAsync(HttpContext context, FishException refusal)
    {
        var operation = $"{context.Request.Method} {(context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText}";
        try
        {
            // Not by the request's own token: the client may have hung up on the refusal.
            await host.Store.Access.NoteRefusalAsync(
                operation, context.Request.RouteValues["task"] as string, refusal.Key, ErrorCodes.NameOf(refusal.Code), CancellationToken.None);
        }
        catch (FishException error)
        {
            AccessLog.NotAudited(logger, operation, error);
        }
    }
}
