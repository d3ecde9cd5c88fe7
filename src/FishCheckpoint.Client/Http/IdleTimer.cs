namespace FishCheckpoint.Client.Http;

/// <summary>Measures how long a request waits for its server without a byte. The client's own work on a body does not count.</summary>
internal sealed class IdleTimer : IDisposable
{
    // After a body the server may have work to do, and a slow network may still deliver the rest. So the response gets as much more time as
    // the upload took, up to this multiple of the limit.
    private const int MaxExtra = 9;

    private readonly TimeSpan limit;
    private readonly CancellationToken caller;
    private readonly CancellationTokenSource source;

    /// <param name="limit">The limit; <see cref="Timeout.InfiniteTimeSpan"/>: none.</param>
    /// <param name="caller">The caller's token, which also ends the wait.</param>
    public IdleTimer(TimeSpan limit, CancellationToken caller)
    {
        (this.limit, this.caller) = (limit, caller);
        source = CancellationTokenSource.CreateLinkedTokenSource(caller);
    }

    /// <summary>Canceled at the limit or by the caller.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Whether the limit was reached.</summary>
    public bool IsOver => source.IsCancellationRequested && !caller.IsCancellationRequested;

    /// <summary>Starts the wait, or restarts it after a byte moved.</summary>
    public void Start() => source.CancelAfter(limit);

    /// <summary>Waits for the response to a body.</summary>
    /// <param name="sending">How long the upload took.</param>
    public void StartAfter(TimeSpan sending)
    {
        var most = limit * MaxExtra;
        source.CancelAfter(limit == Timeout.InfiniteTimeSpan ? limit : limit + (sending < most ? sending : most));
    }

    /// <summary>Pauses the timer while the client works.</summary>
    public void Pause() => source.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose() => source.Dispose();
}
