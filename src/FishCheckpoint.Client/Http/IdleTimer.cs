namespace FishCheckpoint.Client.Http;

/// <summary>
/// Measures how long a request waits for its server without a byte. The time that this side works on a body does not count.
/// </summary>
internal sealed class IdleTimer : IDisposable
{
    // A server may have work to do once it has the body, and a slow network still has some of it on the way: the answer gets the time that
    // sending took, up to so many times the limit.
    private const int MaxExtra = 9;

    private readonly TimeSpan longest;
    private readonly CancellationToken caller;
    private readonly CancellationTokenSource source;

    /// <param name="longest">The limit; <see cref="Timeout.InfiniteTimeSpan"/> for none.</param>
    /// <param name="caller">The caller's token, which ends the wait too.</param>
    public IdleTimer(TimeSpan longest, CancellationToken caller)
    {
        (this.longest, this.caller) = (longest, caller);
        source = CancellationTokenSource.CreateLinkedTokenSource(caller);
    }

    /// <summary>Canceled when the limit is reached, or by the caller.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Whether the limit was reached.</summary>
    public bool IsOver => source.IsCancellationRequested && !caller.IsCancellationRequested;

    /// <summary>Begins to wait, or waits on after a byte moved.</summary>
    public void Start() => source.CancelAfter(longest);

    /// <summary>Waits for the answer to a body.</summary>
    /// <param name="sending">How long it took to send it.</param>
    public void StartAfter(TimeSpan sending)
    {
        var most = longest * MaxExtra;
        source.CancelAfter(longest == Timeout.InfiniteTimeSpan ? longest : longest + (sending < most ? sending : most));
    }

    /// <summary>This side works: nobody waits for the server.</summary>
    public void Pause() => source.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose() => source.Dispose();
}
