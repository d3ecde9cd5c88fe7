using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Following.Pull;

/// <summary>
/// Keeps a folder at the newest or best checkpoint of a task until it is cancelled. Events only wake it: what is newest, the store is asked
/// each time. A store out of reach, a full disk and damage are told once and tried again, each time after a longer wait.
/// </summary>
/// <param name="store">Where from.</param>
/// <param name="options">What, and where to.</param>
/// <param name="moved">Told each time that the pointer has moved, and where it is at first.</param>
public sealed class PullFollower(IFishStore store, PullOptions options, Action<PulledModel> moved)
{
    private string? told;

    /// <summary>Follows.</summary>
    /// <exception cref="FishException">What no waiting helps against: the task is not there, the key does not reach, the folder is another
    /// task's or another process's.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, which is how it is meant to end.</exception>
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
            told = null;
            if (first || pulled.Form != PullForm.Current)
            {
                moved(pulled);
            }

            return (RetryPolicy.None, null);
        }
        catch (FishException error) when (RetryPolicies.Of(error) is var policy and not RetryPolicy.None)
        {
            Tell(error.Message, policy);
            return (policy, error.RetryAfter);
        }
    }

    private void Tell(string what, RetryPolicy policy)
    {
        if (what != told)
        {
            told = what;
            options.OnWarning(policy == RetryPolicy.Wait ? $"{what} Waiting for one." : $"{what} It will be tried again.");
        }
    }
}
