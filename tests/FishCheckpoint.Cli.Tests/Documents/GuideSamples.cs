using FishCheckpoint.Checkpoints;
using FishCheckpoint.Following.Watch;
using FishCheckpoint.Interchange;
using FishCheckpoint.Interchange.Import;
using FishCheckpoint.Masks;
using FishCheckpoint.Stores;
using FishCheckpoint.Training;

namespace FishCheckpoint.Cli.Tests.Documents;

/// <summary>The C# of the guides and the packages' READMEs, so that it compiles.</summary>
internal static class GuideSamples
{
    public static async Task TrainAsync(
        IFishStore store, IFisherModel model, TensorMemory parameters, TensorValues values, TensorGradients gradients, IResumable random,
        double loss, long steps)
    {
        var fisher = FisherEstimator.Estimate(model, new FisherOptions { Samples = 1024 });                     // which weights matter
        var mask = MaskSelection.Fish(fisher, new MaskRule { Ratio = 0.005, AlwaysTrained = MaskRule.NamePrefix("classifier.") });
        var adam = new MaskedAdamW(mask);
        await using var hook = new CheckpointHook(store, "sst2", mask, parameters, new()
        {
            SaveEverySteps = 50,
            State = new Dictionary<string, IResumable> { ["optimizer"] = adam, ["rng"] = random },
        });
        var last = await hook.ResumeAsync();                                                                    // null: a new run
        for (var step = (last?.Step ?? 0) + 1; step <= steps; step++)
        {
            adam.Step(values, gradients);
            hook.OnStep(step, new Dictionary<string, double> { ["loss"] = loss });
        }

        await hook.CompleteAsync();
    }

    public static async Task BranchAsync(IFishStore store, Mask mask, TensorMemory parameters)
    {
        var options = new CheckpointHookOptions { From = BranchPoint.Parse("mnli:12000") };
        await using var hook = new CheckpointHook(store, "mnli-low-rate", mask, parameters, options);
        await hook.ResumeAsync();   // null: a new run, with the values of mnli:12000
    }

    public static async Task HookAsync(IFishStore store, Mask mask, TensorMemory parameters, long step)
    {
        await using var hook = new CheckpointHook(store, "sst2", mask, parameters, new() { SaveEverySteps = 50 });
        hook.OnStep(step);
    }

    public static async Task WatchAsync(IFishStore store)
    {
        var options = new WatchOptions { Folder = "out", Task = "sst2", Base = "bert" };
        await new FolderWatcher(store, options, version => Console.WriteLine(version.Step)).RunAsync();
    }

    public static async Task ImportAsync(IFishStore store)
    {
        var options = new ImportOptions { Format = InterchangeFormat.DiskDelta, Folder = "updates", Task = "sst2", Base = "bert" };
        await VersionImporter.ImportAsync(store, options);
    }
}
