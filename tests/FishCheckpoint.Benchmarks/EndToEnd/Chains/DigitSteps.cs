using FishCheckpoint.Deltas;
using FishCheckpoint.Demo;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;

namespace FishCheckpoint.Benchmarks.EndToEnd.Chains;

/// <summary>
/// Real training: the demo's network on digits turned by 90 degrees, from a base trained on upright ones. Before each step the Fisher information is summed anew over 256
/// images, and the 2% of highest scores are trained on for some batches: the paper's checkpointing, whose mask changes every epoch.
/// </summary>
internal sealed class DigitSteps : ISteps
{
    private const int BatchSize = 32;
    private const int BatchesPerStep = 8;
    private const int FisherSamples = 256;
    private const double Ratio = 0.02;
    private const double Rate = 0.02;

    private readonly SeededRandom random = new(7);
    private readonly Samples samples;
    private readonly Mlp model;

    public DigitSteps()
    {
        var digits = Digits.Load();
        var run = new DemoTrainer(digits).PrepareBase();
        run.Train();
        model = run.Model;
        samples = DemoTasks.All[0].Derive(digits.Train);
    }

    public string Name => "digits, float32: FISH mask of 2%, drawn anew each step (real training)";

    public Layout Layout => model.Layout;

    public ReadOnlySpan<byte> BytesOf(int tensor) => model.BytesOf(tensor);

    public Delta Next()
    {
        var order = Enumerable.Range(0, samples.Count).ToArray();
        random.Shuffle<int>(order);
        var mask = MaskSelection.Fish(Fisher(order.AsSpan(0, FisherSamples)), new MaskRule { Ratio = Ratio });
        var sgd = new DemoSgd(new MlpPass(model, BatchSize), mask, momentum: 0.9);
        for (var batch = 0; batch < BatchesPerStep; batch++)
        {
            sgd.Step(samples, order.AsSpan(FisherSamples + (batch * BatchSize), BatchSize), Rate);
        }

        return MaskedState.Gather(mask, tensor => model.BytesOf(tensor));
    }

    private FisherInformation Fisher(ReadOnlySpan<int> chosen)
    {
        var (information, pass) = (new FisherInformation(model.Layout), new MlpPass(model, 1));
        var gradients = model.Parameters.Select(values => new float[values.Length]).ToArray();
        foreach (var sample in chosen)
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
