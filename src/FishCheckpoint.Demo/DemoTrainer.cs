using System.Collections.Concurrent;
using FishCheckpoint.Masks;
using FishCheckpoint.Training;

namespace FishCheckpoint.Demo;

/// <summary>Trains the demo's base, and its tasks from the base. Deterministic; several runs may be prepared and trained at once.</summary>
/// <param name="digits">The images.</param>
/// <param name="settings">How to train; <see langword="null"/> for the defaults.</param>
public sealed class DemoTrainer(Digits digits, DemoSettings? settings = null)
{
    private readonly DemoSettings settings = settings ?? new DemoSettings();
    private readonly ConcurrentDictionary<(DemoTask Task, Mlp Base), Lazy<FisherInformation>> fisher = new();

    /// <summary>A run for the base: every position is trained.</summary>
    public DemoRun PrepareBase()
    {
        var model = Mlp.Create(DemoTasks.BaseWidths, settings.Seed);
        return new DemoRun("base", model, Mask.Dense(model.Layout), digits, settings, settings.PretrainEpochs, settings.DenseRate);
    }

    /// <summary>A run for a task, from the trained base.</summary>
    /// <param name="trainedBase">The base; read-only.</param>
    /// <param name="task">The task.</param>
    /// <param name="kind">How its mask is chosen.</param>
    /// <param name="ratio">The share of trained parameters, including the head; ignored for full training.</param>
    public DemoRun Prepare(Mlp trainedBase, DemoTask task, DemoMask kind, double ratio)
    {
        var model = InitialModel(trainedBase, task);
        var rule = new MaskRule { Ratio = ratio, AlwaysTrained = MaskRule.NamePrefix("head.") };
        var mask = kind switch
        {
            DemoMask.Fish => MaskSelection.Fish(FisherOf(trainedBase, task), rule),
            DemoMask.Random => MaskSelection.Random(model.Layout, rule, settings.Seed),
            _ => Mask.Dense(model.Layout),
        };
        var (name, rate) = kind == DemoMask.Dense
            ? ($"{task.Name}-dense", settings.DenseRate)
            : ($"{task.Name}-{(kind == DemoMask.Fish ? "fish" : "random")}-{100 * (decimal)ratio:0.###}", settings.MaskedRate);
        return new DemoRun(
            name, model, mask, new Digits(task.Derive(digits.Train), task.Derive(digits.Test)), settings, settings.Epochs, rate);
    }

    /// <summary>The accuracy of the base on a task before any training.</summary>
    public double AccuracyBefore(Mlp trainedBase, DemoTask task) =>
        DemoRun.Accuracy(InitialModel(trainedBase, task), task.Derive(digits.Test));

    private Mlp InitialModel(Mlp trainedBase, DemoTask task) =>
        task.Classes == trainedBase.Widths[^1] ? trainedBase.Clone() : trainedBase.WithHead(task.Classes, settings.Seed);

    // Shared by all ratios of a task.
    private FisherInformation FisherOf(Mlp trainedBase, DemoTask task) =>
        fisher.GetOrAdd((task, trainedBase), key =>
            new Lazy<FisherInformation>(() => ComputeFisher(InitialModel(key.Base, key.Task), key.Task))).Value;

    private FisherInformation ComputeFisher(Mlp model, DemoTask task)
    {
        var samples = task.Derive(digits.Train);
        var information = new FisherInformation(model.Layout);
        var pass = new MlpPass(model, 1);
        var gradients = model.Parameters.Select(values => new float[values.Length]).ToArray();
        for (var sample = 0; sample < Math.Min(settings.FisherSamples, samples.Count); sample++)
        {
            pass.Forward(samples, [sample]);
            pass.Backward([samples.Labels[sample]], 1);
            for (var tensor = 0; tensor < gradients.Length; tensor++)
            {
                Gradients.Whole(pass, tensor, gradients[tensor]);
                information.Add(tensor, gradients[tensor]);
            }
        }

        return information;
    }
}
