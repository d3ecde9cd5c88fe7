using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;

namespace FishCheckpoint.Tests.Training;

/// <summary>
/// A random layout with weights, and one of the optimizers with random options beside the plain one that it has to equal.
/// </summary>
internal sealed class MaskedOptimizerCase
{
    private readonly Random random;

    public MaskedOptimizerCase(Random random)
    {
        this.random = random;
        Layout = MaskBudgetTests.Layout([.. Enumerable.Range(0, random.Next(1, 5)).Select(index =>
            ($"t{index}", DType.F32, random.Next(8) == 0 ? random.NextInt64(2000, 5000) : random.NextInt64(70)))]);
        Weights = [.. Layout.Tensors.Select(tensor => Draw(tensor.Units))];
        Mask = DrawMask();
        float[][] copy = [.. Weights.Select(tensor => tensor.ToArray())];
        switch (random.Next(3))
        {
            case 0:
                var sgd = DrawSgd();
                (Create, Reference) = (mask => new MaskedSgd(mask, sgd), new DenseSgd(copy, sgd));
                break;
            case 1:
                var adam = DrawAdam(new AdamOptions());
                (Create, Reference) = (mask => new MaskedAdam(mask, adam), new DenseAdam(copy, adam, decoupled: false));
                break;
            default:
                var adamW = (AdamWOptions)DrawAdam(new AdamWOptions());
                (Create, Reference) = (mask => new MaskedAdamW(mask, adamW), new DenseAdam(copy, adamW, decoupled: true));
                break;
        }

        Optimizer = Create(Mask);
    }

    public Layout Layout { get; }

    public float[][] Weights { get; private set; }

    public Mask Mask { get; set; }

    public Func<Mask, MaskedOptimizer> Create { get; }

    public MaskedOptimizer Optimizer { get; set; }

    public DenseReference Reference { get; }

    public Mask DrawMask() => MaskPositions.Draw(Layout, random);

    /// <summary>Gradients of all sizes, some of them 0, some tensors without any.</summary>
    public float[]?[] DrawGradients() => [.. Layout.Tensors.Select(tensor => random.Next(6) == 0 ? null : Draw(tensor.Units))];

    public void Step(float[]?[] gradients, double rate, float scale)
    {
        Optimizer.LearningRate = rate;
        Optimizer.Step(tensor => Weights[tensor], tensor => gradients[tensor], scale);
    }

    public void StepReference(float[]?[] gradients, double rate, float scale)
    {
        Reference.LearningRate = rate;
        Reference.Step(Mask, gradients, scale);
    }

    private float[] Draw(long count) => [.. Enumerable.Range(0, (int)count).Select(_ =>
        random.Next(10) == 0 ? 0 : (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-6, 3))))];

    private SgdOptions DrawSgd()
    {
        var options = new SgdOptions { Momentum = Some(0.99), Dampening = Some(0.5), WeightDecay = Some(0.3) };
        return random.Next(2) == 0 || options.Momentum == 0 ? options : options with { Nesterov = true, Dampening = 0 };
    }

    private AdamOptions DrawAdam(AdamOptions options) => options with
    {
        Beta1 = Some(0.99), Beta2 = Some(0.9999), Epsilon = Math.Pow(10, random.Next(-10, -2)), WeightDecay = Some(0.5),
    };

    private double Some(double most) => random.Next(3) == 0 ? 0 : random.NextDouble() * most;
}
