using FishCheckpoint.Errors;

namespace FishCheckpoint.Training;

/// <summary>
/// Retries a save. During training, an unreachable store is retried without end, and a failure of the store for a limited time. After
/// training, every retry has a deadline.
/// </summary>
internal sealed class SaveRetry(CheckpointHookOptions options) : IDisposable
{
    private readonly CancellationTokenSource end = new();
    private readonly Lock gate = new();
    private TaskCompletionSource changed = NewSignal();
    private volatile bool trying;
    private long? attempt;
    private long? outage;
    private FishException? gone;
    private volatile bool ending;

    /// <summary>Whether a save is waiting for an unreachable store.</summary>
    public bool Trying => trying;

    /// <summary>
    /// Whether the store has been unreachable, or silent during the current save, for longer than
    /// <see cref="CheckpointHookOptions.RetryFor"/>.
    /// </summary>
    public bool IsLate
    {
        get
        {
            lock (gate)
            {
                return (outage ?? (options.RetryFor > TimeSpan.Zero ? attempt : null)) is { } since
                    && options.Clock.GetElapsedTime(since) >= options.RetryFor;
            }
        }
    }

    /// <summary>Waits until the store has been unreachable for <see cref="CheckpointHookOptions.RetryFor"/>.</summary>
    /// <param name="cancellation">Cancels the wait.</param>
    public async Task WhenAwayAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Task news;
            TimeSpan? left;
            lock (gate)
            {
                (news, left) = (changed.Task, outage is { } since ? options.RetryFor - options.Clock.GetElapsedTime(since) : null);
            }

            if (left <= TimeSpan.Zero)
            {
                return;
            }

            await Task.WhenAny(news, Task.Delay(left + TimeSpan.FromMilliseconds(1) ?? Timeout.InfiniteTimeSpan, cancellation));
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Whether training has ended.</summary>
    public bool Ending => ending;

    /// <summary>From now on retries have a deadline.</summary>
    public void BeginToEnd()
    {
        if (!ending)
        {
            ending = true;
            end.CancelAfter(options.RetryFor);
        }
    }

    /// <summary>Runs a save until it succeeds, is refused, or reaches the deadline.</summary>
    /// <returns>Its result, and the number of retries.</returns>
    public async Task<(T Result, int Retries)> RunAsync<T>(long step, Func<Task<T>> save)
    {
        var (backoff, began) = (new Backoff(options.RetryDelay), (long?)null);
        if (gone is not null)
        {
            throw gone;
        }

        try
        {
            for (var retries = 0; ; retries++)
            {
                TimeSpan delay;
                Note(attempt: options.Clock.GetTimestamp(), began: began);
                try
                {
                    return (await save(), retries);
                }
                catch (FishException error) when (Transience.Of(error) is var retry and not Retry.Never && !IsOver(retry, began))
                {
                    began ??= options.Clock.GetTimestamp();
                    delay = backoff.Next(error.RetryAfter);
                    Warn(step, retries, error);
                }
                catch (FishException error)
                    when (end.IsCancellationRequested && error is { Code: ErrorCode.ServerUnavailable, Status: null })
                {
                    // The last attempts of waiting saves would take as long again and fail the same way.
                    gone = error;
                    throw;
                }

                trying = true;
                Note(began: began);

                await Pause(delay);
            }
        }
        finally
        {
            trying = false;
            Note();
        }
    }

    public void Dispose() => end.Dispose();

    private bool IsOver(Retry retry, long? began) => end.IsCancellationRequested
        || (retry == Retry.ForAWhile
            && (options.RetryFor == TimeSpan.Zero || (began is { } since && options.Clock.GetElapsedTime(since) >= options.RetryFor)));

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Note(long? attempt = null, long? began = null)
    {
        lock (gate)
        {
            this.attempt = attempt;
            if (outage != began)
            {
                outage = began;
                changed.SetResult();
                changed = NewSignal();
            }
        }
    }

    private void Warn(long step, int retries, FishException error)
    {
        if (retries == 0)
        {
            options.OnWarning($"step {step} is not stored yet; retrying: {error.Message}");
        }
    }

    // The end of training interrupts the delay: one last attempt follows.
    private async Task Pause(TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay < options.RetryFor || options.RetryFor == TimeSpan.Zero ? delay : options.RetryFor, end.Token);
        }
        catch (OperationCanceledException)
        {
            // Try once more.
        }
    }
}
