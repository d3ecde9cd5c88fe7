using FishCheckpoint.Errors;

namespace FishCheckpoint.Training;

/// <summary>
/// Retries a resume from an unreachable store for <see cref="CheckpointHookOptions.RetryFor"/>; a warning reports the wait when it begins.
/// </summary>
internal sealed class ResumeRetry(string task, CheckpointHookOptions options)
{
    /// <exception cref="FishException">The error of the last attempt.</exception>
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

            // The reader has already requested damaged bytes twice.
            catch (FishException error) when (Transience.Of(error) != Retry.Never && error.Code != ErrorCode.DigestMismatch
                && options.Clock.GetElapsedTime(begun) < options.RetryFor)
            {
                delay = backoff.Next(error.RetryAfter);
                if (!warned)
                {
                    warned = true;
                    options.OnWarning(
                        $"task {task} cannot be resumed yet; retrying for {options.RetryFor.TotalSeconds} s: {error.Message}");
                }
            }

            var left = options.RetryFor - options.Clock.GetElapsedTime(begun);
            await Task.Delay(delay < left ? delay : left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellation);
        }
    }
}
