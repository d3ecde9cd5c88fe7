using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Following.Pull;

/// <summary>
/// Keeps a folder at the newest or best checkpoint of a task until canceled. Each event only triggers a check, which asks the store for the
/// newest checkpoint. An unreachable store, a full disk and damage are reported once and retried with growing delays.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="options">The task, the checkpoint and the folder.</param>
/// <param name="moved">Called with the first model and after each move of the pointer.</param>
public sealed class PullFollower(IFishStore store, PullOptions options, Action<PulledModel> moved)
{
    private string? reported;

    /// <summary>Follows the task.</summary>
    /// <exception cref="FishException">Errors that a retry cannot fix: the task does not exist, the key lacks the permission, or the folder
    /// belongs to another task or process.</exception>
    /// <exception cref="OperationCanceledException">It was canceled, which is its normal end.</exception>
    public async Task RunAsync(CancellationToken cancellation = default)
    {
        using var puller = ModelPuller.Open(store, options);
        await using var waker = new ChangeListener(store.Events, options);
        var backoff = new Backoff(options.RetryDelay, options.Random);
        for (var first = true; ;)
        {
            var (policy, retryAfter) = await TryAsync(puller, first, cancellation);
            switch (policy)
            {
                case RetryPolicy.Retry:
                    await Task.Delay(backoff.Next(retryAfter), options.Time, cancellation);
                    break;
                case RetryPolicy.Wait:
                    backoff.Reset();
                    await waker.WaitAsync(cancellation);
                    break;
                default:
                    first = false;
                    backoff.Reset();
                    await waker.WaitAsync(cancellation);
                    break;
            }
        }
    }

    private async Task<(RetryPolicy Policy, TimeSpan? RetryAfter)> TryAsync(
        ModelPuller puller, bool first, CancellationToken cancellation)
    {
        try
        {
            var pulled = await puller.PullAsync(cancellation);
            reported = null;
            if (first || pulled.Form != PullForm.Current)
            {
                moved(pulled);
            }

            return (RetryPolicy.None, null);
        }
        catch (FishException error) when (RetryPolicies.Of(error) is var policy and not RetryPolicy.None)
        {
            Report(error.Message, policy);
            return (policy, error.RetryAfter);
        }
    }

    private void Report(string what, RetryPolicy policy)
    {
        if (what != reported)
        {
            reported = what;
            options.OnWarning(policy == RetryPolicy.Wait ? $"{what} Waiting for one." : $"{what} Retrying.");
        }
    }
}
