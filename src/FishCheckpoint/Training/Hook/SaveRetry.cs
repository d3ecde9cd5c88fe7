using FishCheckpoint.Errors;

namespace FishCheckpoint.Training;

/// <summary>Tries a save again while its store is out of reach: without end while training runs, for a while once it is over.</summary>
internal sealed class SaveRetry(CheckpointHookOptions options) : IDisposable
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource end = new();
    private volatile bool trying;
    private bool ending;

    /// <summary>Whether a save is waiting for its store to come back.</summary>
    public bool Trying => trying;

    /// <summary>From here on there is a last moment.</summary>
    public void BeginToEnd()
    {
        if (!ending)
        {
            ending = true;
            end.CancelAfter(options.RetryFor);
        }
    }

    /// <summary>Runs a save until it succeeds, is refused, or time is up.</summary>
    /// <returns>What it gave, and how often it was tried again.</returns>
    public async Task<(T Result, int Retries)> RunAsync<T>(long step, Func<Task<T>> save)
    {
        var delay = options.RetryDelay;
        try
        {
            for (var retries = 0; ; retries++)
            {
                try
                {
                    return (await save(), retries);
                }
                catch (FishException error) when (IsTransient(error.Code) && !end.IsCancellationRequested)
                {
                    Warn(step, retries, error);
                }

                trying = true;
                await Pause(delay);
                delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, LongestDelay.Ticks));
            }
        }
        finally
        {
            trying = false;
        }
    }

    public void Dispose() => end.Dispose();

    private static bool IsTransient(ErrorCode code) =>
        code is ErrorCode.ServerUnavailable or ErrorCode.StorageUnavailable or ErrorCode.TooManyRequests or ErrorCode.InsufficientStorage;

    private void Warn(long step, int retries, FishException error)
    {
        if (retries == 0)
        {
            options.OnWarning($"step {step} is not stored yet and will be tried again: {error.Message}");
        }
    }

    // The end cuts the pause short: one last try follows.
    private async Task Pause(TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, end.Token);
        }
        catch (OperationCanceledException)
        {
            // Tried once more.
        }
    }
}
