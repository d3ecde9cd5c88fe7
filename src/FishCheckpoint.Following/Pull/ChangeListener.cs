using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Following.Pull;

/// <summary>
/// Listens to a task's events, and says that there is reason to look. What happened is not its business: who looks finds out.
/// </summary>
internal sealed class ChangeListener : IAsyncDisposable
{
    private readonly IEvents events;
    private readonly PullOptions options;
    private readonly SemaphoreSlim signal = new(0);
    private readonly CancellationTokenSource end = new();
    private readonly Task listening;

    /// <summary>Begins to listen.</summary>
    public ChangeListener(IEvents events, PullOptions options)
    {
        (this.events, this.options) = (events, options);
        listening = Task.Run(ListenAsync);
    }

    /// <summary>Waits until there is reason to look, or it is time to.</summary>
    public async Task WaitAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var woken = signal.WaitAsync(stop.Token);
        var late = Task.Delay(options.LookEvery, options.Time, stop.Token);
        await Task.WhenAny(woken, late);
        await stop.CancelAsync();
        await Task.WhenAll(woken, late)
            .ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        cancellation.ThrowIfCancellationRequested();
        while (signal.Wait(0, CancellationToken.None))
        {
            // However much happened, looking once is enough.
        }
    }

    /// <summary>Ends the listening.</summary>
    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await listening;
        signal.Dispose();
        end.Dispose();
    }

    private async Task ListenAsync()
    {
        var backoff = new Backoff(options.RetryDelay, options.Random);
        long? known = null;
        try
        {
            while (true)
            {
                TimeSpan? retryAfter = null;
                try
                {
                    await foreach (var happened in events.FollowAsync(options.Task, known, end.Token))
                    {
                        known = happened.Id;
                        backoff.Reset();
                        signal.Release();
                    }
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    // Whoever looks is told the same, and decides.
                    retryAfter = (error as FishException)?.RetryAfter;
                }

                signal.Release();
                await Task.Delay(backoff.Next(retryAfter), options.Time, end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }
}
