using System.Threading.RateLimiting;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Limits;

/// <summary>
/// Limits how many requests are answered at once; further ones get 429 and do not wait. Open routes are always answered:
/// they report the server's state. Routes with a <see cref="LongAnswer"/> are counted apart, up to the same number.
/// </summary>
internal static class RequestLimit
{
    private enum Counted
    {
        Never,
        Brief,
        Long,
    }

    // The container disposes the limiter, whose timer would keep a stopped server in memory: the framework's own middleware does not.
    public static void AddRequestLimit(this IServiceCollection services) =>
        services.AddSingleton(provider => Limiter(provider.GetRequiredService<FishSettings>()));

    /// <summary>Answers as many requests at once as there is room for.</summary>
    public static void UseRequestLimit(this WebApplication server) => server.Use(next =>
    {
        var limiter = server.Services.GetRequiredService<PartitionedRateLimiter<HttpContext>>();
        var atOnce = server.Services.GetRequiredService<FishSettings>().Limits.MaxConcurrentRequests;
        return async context =>
        {
            if (ConnectionGate.Of(context) is { IsReserve: true } && CountedAs(context.GetEndpoint()?.Metadata) != Counted.Never)
            {
                throw new FishException(
                    ErrorCode.TooManyRequests, "connections", "The server has no place for more connections.", "Try again in a moment.");
            }

            using var permit = limiter.AttemptAcquire(context);
            if (!permit.IsAcquired)
            {
                // Thrown, so that metrics, the log, and each kind of client see it as every other refusal.
                throw new FishException(
                    ErrorCode.TooManyRequests, "requests", $"The server answers {atOnce} requests at once.", "Try again in a moment.");
            }

            await next(context);
        };
    });

    /// <summary>
    /// The limiter's options for a setting of <see cref="FishSettings.LimitSettings"/>. Nothing waits in a queue: the client tries again.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: the setting is below 1.</exception>
    public static ConcurrencyLimiterOptions AtOnce(int number, string setting) => number > 0
        ? new ConcurrencyLimiterOptions { PermitLimit = number }
        : throw new FishException(
            ErrorCode.RequestInvalid, $"{FishSettings.Section}:Limits:{setting}", $"It is {number}.", "Set it to 1 or more.");

    private static PartitionedRateLimiter<HttpContext> Limiter(FishSettings settings)
    {
        var atOnce = AtOnce(settings.Limits.MaxConcurrentRequests, nameof(FishSettings.LimitSettings.MaxConcurrentRequests));
        return PartitionedRateLimiter.Create<HttpContext, Counted>(context => CountedAs(context.GetEndpoint()?.Metadata) switch
        {
            Counted.Never => RateLimitPartition.GetNoLimiter(Counted.Never),
            var counted => RateLimitPartition.GetConcurrencyLimiter(counted, _ => atOnce),
        });
    }

    private static Counted CountedAs(EndpointMetadataCollection? metadata) => metadata?.GetMetadata<AccessRule>() switch
    {
        { Scope: null } => Counted.Never,
        _ => metadata?.GetMetadata<LongAnswer>() is null ? Counted.Brief : Counted.Long,
    };
}
