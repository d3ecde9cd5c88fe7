using FishCheckpoint.Demo;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;

namespace FishCheckpoint.Cli.Demo;

/// <summary>Trains a run with a hook that saves every few steps, and records the digest of each saved model.</summary>
internal static class SavingRun
{
    /// <summary>Trains and saves.</summary>
    /// <param name="store">The store for the checkpoints.</param>
    /// <param name="run">The run; its task exists in the store.</param>
    /// <param name="baseId">The base that it starts from.</param>
    /// <param name="saveEverySteps">How often it is saved.</param>
    /// <param name="cancellation">Ends training between two steps.</param>
    /// <returns>The saved run, and the share of test images that the trained model classifies correctly.</returns>
    public static async Task<(SavedRun Saved, double Accuracy)> TrainAsync(
        IFishStore store, DemoRun run, Digest baseId, long saveEverySteps, CancellationToken cancellation)
    {
        // Every due step is rebuilt later, so none may be skipped: training waits if the saver is four copies behind.
        var options = new CheckpointHookOptions
        {
            SaveEverySteps = saveEverySteps, Busy = BusyPolicy.Wait, QueueCapacity = 4, ExpectedBase = baseId,
        };
        var digests = new Dictionary<long, Digest>();
        await using var hook = new CheckpointHook(store, run.Name, run.Mask, run.Model.BytesOf, options);
        var accuracy = run.Train(
            (step, loss) =>
            {
                var metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = loss };
                if (hook.OnStep(step, metrics) == StepOutcome.Queued)
                {
                    digests.Add(step, ReferenceFile.DigestOf(run.Model));
                }
            },
            cancellation);
        return (new SavedRun(run.Name, digests, await hook.CompleteAsync(cancellation)), accuracy);
    }
}
