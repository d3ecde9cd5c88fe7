using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Hosting;

/// <summary>
/// Takes no new work once the server is asked to stop: what would change something is refused with 503 before its body is read, and what is
/// under way is finished. Reading goes on as long as the server listens.
/// </summary>
internal sealed class StoppingMiddleware(RequestDelegate next, IHostApplicationLifetime lifetime)
{
    private const string SecondsToNextTry = "5";

    public Task InvokeAsync(HttpContext context)
    {
        if (!lifetime.ApplicationStopping.IsCancellationRequested || HttpMethods.IsGet(context.Request.Method)
            || HttpMethods.IsHead(context.Request.Method))
        {
            return next(context);
        }

        context.Response.OnStarting(() =>
        {
            context.Response.Headers.RetryAfter = SecondsToNextTry;
            if (!HttpProtocol.IsHttp2(context.Request.Protocol))
            {
                context.Response.Headers.Connection = "close";
            }

            return Task.CompletedTask;
        });
        throw new FishException(ErrorCode.ServerUnavailable, context.Request.Path, "The server stops, and takes nothing new.",
            "Try again when it is back; nothing was changed.");
    }
}
