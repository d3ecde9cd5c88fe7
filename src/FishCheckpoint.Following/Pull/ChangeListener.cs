using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Following.Pull;

/// <summary>Listens to a task's events and signals that the task may have changed. The caller then asks the store what changed.</summary>
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

    /// <summary>Waits until the task may have changed or the interval has passed.</summary>
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
            // One check covers any number of events.
        }
    }

    /// <summary>Stops listening.</summary>
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
                    // The caller's own check gets the same error and handles it.
                    retryAfter = (error as FishException)?.RetryAfter;
                }

                signal.Release();
                await Task.Delay(backoff.Next(retryAfter), options.Time, end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Canceled.
        }
    }
}
