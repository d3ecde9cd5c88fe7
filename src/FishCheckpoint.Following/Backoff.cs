namespace FishCheckpoint.Following;

/// <summary>Waits longer each time, and never quite as long as others who wait for the same thing.</summary>
/// <param name="first">The longest first wait; each further one may be twice as long, up to half a minute.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Draws how much of it is waited: from half to all.</param>
internal sealed class Backoff(TimeSpan first, TimeProvider time, Random random)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private TimeSpan? next;

    /// <summary>How long to wait now.</summary>
    public TimeSpan Next()
    {
        var most = next ?? first;
        next = TimeSpan.FromTicks(Math.Min(most.Ticks * 2, Math.Max(Longest.Ticks, first.Ticks)));
        return most * (0.5 + (random.NextDouble() / 2));
    }

    /// <summary>Waits.</summary>
    public Task WaitAsync(CancellationToken cancellation) => Task.Delay(Next(), time, cancellation);

    /// <summary>Begins anew: it has worked.</summary>
    public void Reset() => next = null;
}
