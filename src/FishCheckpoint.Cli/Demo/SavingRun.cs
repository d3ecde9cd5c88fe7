using FishCheckpoint.Demo;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;

namespace FishCheckpoint.Cli.Demo;

/// <summary>Trains a run with a hook that saves it every few steps, and remembers what the trainer held at each of them.</summary>
internal static class SavingRun
{
    /// <summary>Trains and saves.</summary>
    /// <param name="store">Where the checkpoints go.</param>
    /// <param name="run">The run; its task exists in the store.</param>
    /// <param name="baseId">The base that it starts from.</param>
    /// <param name="saveEverySteps">How often it is saved.</param>
    /// <param name="cancellation">Ends training between two steps.</param>
    /// <returns>What was saved, and the share of test images that the trained model gets right.</returns>
    public static async Task<(SavedRun Saved, double Accuracy)> TrainAsync(
        IFishStore store, DemoRun run, Digest baseId, long saveEverySteps, CancellationToken cancellation)
    {
        // Every due step is to be rebuilt afterwards, so none may be skipped: training waits when the saver lags four copies behind.
        var options = new CheckpointHookOptions
        {
            SaveEverySteps = saveEverySteps, Busy = BusyPolicy.Wait, QueueCapacity = 4, ExpectedBase = baseId,
        };
        var held = new Dictionary<long, Digest>();
        await using var hook = new CheckpointHook(store, run.Name, run.Mask, run.Model.BytesOf, options);
        var accuracy = run.Train(
            (step, loss) =>
            {
                var metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = loss };
                if (hook.OnStep(step, metrics) == StepOutcome.Queued)
                {
                    held.Add(step, HeldFile.DigestOf(run.Model));
                }
            },
            cancellation);
        return (new SavedRun(run.Name, held, await hook.CompleteAsync(cancellation)), accuracy);
    }
}
