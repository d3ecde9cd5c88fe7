namespace FishCheckpoint.Errors;

/// <summary>
/// Delays between retries: exponential backoff with full jitter, so that many callers do not retry at once (M. Brooker, "Exponential
/// Backoff And Jitter", 2015). Not thread-safe.
/// </summary>
/// <param name="first">The upper bound of the first delay. Each later bound is twice the one before, up to <see cref="MaxDelay"/>.</param>
/// <param name="random">Draws each delay uniformly between zero and its bound. Default: <see cref="Random.Shared"/>.</param>
internal sealed class Backoff(TimeSpan first, Random? random = null)
{
    private readonly Random random = random ?? Random.Shared;
    private TimeSpan? next;

    /// <summary>The longest delay, unless the first bound is longer: 30 seconds.</summary>
    public static TimeSpan MaxDelay { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Draws the next delay.</summary>
    /// <param name="retryAfter">The delay that the server requested. It is added, up to <see cref="MaxDelay"/>. Default: none.</param>
    public TimeSpan Next(TimeSpan? retryAfter = null)
    {
        var most = next ?? first;
        next = TimeSpan.FromTicks(Math.Min(most.Ticks * 2, Math.Max(MaxDelay.Ticks, first.Ticks)));
        return (most * random.NextDouble()) + TimeSpan.FromTicks(Math.Min(retryAfter?.Ticks ?? 0, MaxDelay.Ticks));
    }

    /// <summary>Starts again from the first delay, after a call that succeeded.</summary>
    public void Reset() => next = null;
}
