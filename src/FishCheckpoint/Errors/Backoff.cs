namespace FishCheckpoint.Errors;

/// <summary>
/// How long to wait before a failed call is tried again: exponential backoff with full jitter, so that many callers do not come back at
/// once (M. Brooker, "Exponential Backoff And Jitter", 2015). Not safe for use by two threads at once.
/// </summary>
/// <param name="first">The most that the first wait in a row takes. Each further one may take twice as long, up to
/// <see cref="Longest"/>.</param>
/// <param name="random">Draws each wait, evenly from zero to the most that it may take. Default: the system's.</param>
internal sealed class Backoff(TimeSpan first, Random? random = null)
{
    private readonly Random random = random ?? Random.Shared;
    private TimeSpan? next;

    /// <summary>The most that a wait takes, unless the first may take more: half a minute.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Draws the next wait.</summary>
    /// <param name="retryAfter">The wait that the server asked for, which is added, up to <see cref="Longest"/>. Default: none.</param>
    public TimeSpan Next(TimeSpan? retryAfter = null)
    {
        var most = next ?? first;
        next = TimeSpan.FromTicks(Math.Min(most.Ticks * 2, Math.Max(Longest.Ticks, first.Ticks)));
        return (most * random.NextDouble()) + TimeSpan.FromTicks(Math.Min(retryAfter?.Ticks ?? 0, Longest.Ticks));
    }

    /// <summary>Begins a new row of waits: the call has worked.</summary>
    public void Reset() => next = null;
}
