using FishCheckpoint.Errors;

namespace FishCheckpoint.Training;

/// <summary>
/// Waits for a store that is out of reach when training is to resume, for <see cref="CheckpointHookOptions.RetryFor"/>, and says so at
/// once.
/// </summary>
internal sealed class ResumeRetry(string task, CheckpointHookOptions options)
{
    /// <exception cref="FishException">What the last try threw.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> resume, CancellationToken cancellation)
    {
        var (begun, backoff, warned) = (options.Clock.GetTimestamp(), new Backoff(options.RetryDelay), false);
        while (true)
        {
            TimeSpan delay;
            try
            {
                return await resume();
            }

            // Bytes that were changed on their way have been asked for twice already.
            catch (FishException error) when (Transience.Of(error) != Retry.Never && error.Code != ErrorCode.DigestMismatch
                && options.Clock.GetElapsedTime(begun) < options.RetryFor)
            {
                delay = backoff.Next(error.RetryAfter);
                if (!warned)
                {
                    warned = true;
                    options.OnWarning(
                        $"task {task} cannot be resumed yet; it is tried for {options.RetryFor.TotalSeconds} s: {error.Message}");
                }
            }

            var left = options.RetryFor - options.Clock.GetElapsedTime(begun);
            await Task.Delay(delay < left ? delay : left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellation);
        }
    }
}
