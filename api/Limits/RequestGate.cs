using FishCheckpoint.Api.Access;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Limits;

/// <summary>Answers so many requests at once, and those beyond with 429. Routes that are open say how the server is, and are answered always.</summary>
internal sealed class RequestGate(RequestDelegate next, FishSettings settings)
{
    private int running;

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>() is { Scope: null })
        {
            await next(context);
            return;
        }

        try
        {
            if (Interlocked.Increment(ref running) > settings.Limits.MaxConcurrentRequests)
            {
                throw new FishException(
                    ErrorCode.TooManyRequests, "requests", $"The server answers {settings.Limits.MaxConcurrentRequests} requests at once.", "Try again in a moment.");
            }

            await next(context);
        }
        finally
        {
            Interlocked.Decrement(ref running);
        }
    }
}
