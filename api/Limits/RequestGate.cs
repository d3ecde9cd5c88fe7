using FishCheckpoint.Api.Access;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Limits;

/// <summary>
/// Answers so many requests at once, and those beyond with 429. Routes that are open say how the server is, and are answered always; those whose answers go on for
/// hours are counted apart, up to the same number.
/// </summary>
internal sealed class RequestGate(RequestDelegate next, FishSettings settings)
{
    private readonly Counter brief = new();
    private readonly Counter lasting = new();

    public async Task InvokeAsync(HttpContext context)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<AccessRule>() is { Scope: null })
        {
            await next(context);
            return;
        }

        var counter = metadata?.GetMetadata<LongAnswer>() is null ? brief : lasting;
        try
        {
            if (Interlocked.Increment(ref counter.Running) > settings.Limits.MaxConcurrentRequests)
            {
                throw new FishException(
                    ErrorCode.TooManyRequests, "requests", $"The server answers {settings.Limits.MaxConcurrentRequests} requests at once.", "Try again in a moment.");
            }

            await next(context);
        }
        finally
        {
            Interlocked.Decrement(ref counter.Running);
        }
    }

    private sealed class Counter
    {
        public int Running;
    }
}
