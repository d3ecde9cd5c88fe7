using System.Threading.RateLimiting;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.RateLimiting;

namespace FishCheckpoint.Api.Limits;

/// <summary>
/// Limits how many requests are answered at once, with ASP.NET Core's rate limiter; further ones get 429. Open routes are always answered:
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

    public static void AddRequestLimit(this IServiceCollection services) =>
        services.AddRateLimiter().AddOptions<RateLimiterOptions>().Configure<FishSettings>(Configure);

    /// <summary>
    /// The limiter's options for a setting of <see cref="FishSettings.LimitSettings"/>. Nothing waits in a queue: the client tries again.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: the setting is below 1.</exception>
    public static ConcurrencyLimiterOptions AtOnce(int number, string setting) => number > 0
        ? new ConcurrencyLimiterOptions { PermitLimit = number }
        : throw new FishException(
            ErrorCode.RequestInvalid, $"{FishSettings.Section}:Limits:{setting}", $"It is {number}.", "Set it to 1 or more.");

    private static void Configure(RateLimiterOptions options, FishSettings settings)
    {
        var atOnce = AtOnce(settings.Limits.MaxConcurrentRequests, nameof(FishSettings.LimitSettings.MaxConcurrentRequests));
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, Counted>(
            context => CountedAs(context.GetEndpoint()?.Metadata) switch
        {
            Counted.Never => RateLimitPartition.GetNoLimiter(Counted.Never),
            var counted => RateLimitPartition.GetConcurrencyLimiter(counted, _ => atOnce),
        });

        // Thrown, so that metrics, the log, and each kind of client see it as every other refusal.
        options.OnRejected = (_, _) => throw new FishException(
            ErrorCode.TooManyRequests, "requests", $"The server answers {atOnce.PermitLimit} requests at once.", "Try again in a moment.");
    }

    private static Counted CountedAs(EndpointMetadataCollection? metadata) => metadata?.GetMetadata<AccessRule>() switch
    {
        { Scope: null } => Counted.Never,
        _ => metadata?.GetMetadata<LongAnswer>() is null ? Counted.Brief : Counted.Long,
    };
}
