using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Hosting;

/// <summary>
/// Accepts no new work after a request to stop: it refuses changes with 503 before reading their bodies, and lets running requests finish.
/// Reads are served as long as the server listens.
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
        throw new FishException(ErrorCode.ServerUnavailable, context.Request.Path, "The server is shutting down and accepts no changes.",
            "Try again when it is back; nothing was changed.");
    }
}
