using System.Threading.RateLimiting;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Limits;

/// <summary>
/// Limits the number of concurrent requests; further ones get 429 at once. Open routes are always served: they report the server's state.
/// Routes with a <see cref="LongAnswer"/> count separately, up to the same number.
/// </summary>
internal static class RequestLimit
{
    private enum Counted
    {
        Never,
        Brief,
        Long,
    }

    // The container disposes the limiter, whose timer would keep a stopped server in memory; the framework's own middleware does not
    // dispose it.
    public static void AddRequestLimit(this IServiceCollection services) =>
        services.AddSingleton(provider => Limiter(provider.GetRequiredService<FishSettings>()));

    /// <summary>Runs requests up to the limit.</summary>
    public static void UseRequestLimit(this WebApplication server) => server.Use(next =>
    {
        var limiter = server.Services.GetRequiredService<PartitionedRateLimiter<HttpContext>>();
        var atOnce = server.Services.GetRequiredService<FishSettings>().Limits.MaxConcurrentRequests;
        return async context =>
        {
            if (ConnectionGate.Of(context) is { IsReserve: true } && CountedAs(context.GetEndpoint()?.Metadata) != Counted.Never)
            {
                throw new FishException(
                    ErrorCode.TooManyRequests, "connections", "The server has too many connections.", "Try again in a moment.");
            }

            using var permit = limiter.AttemptAcquire(context);
            if (!permit.IsAcquired)
            {
                // Thrown, so that metrics, the log and all clients handle it like any other refusal.
                throw new FishException(
                    ErrorCode.TooManyRequests, "requests", $"The server has reached its limit of {atOnce} concurrent requests.",
                    "Try again in a moment.");
            }

            await next(context);
        };
    });

    /// <summary>
    /// The limiter's options for a setting of <see cref="FishSettings.LimitSettings"/>. Nothing is queued: the client retries.
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
