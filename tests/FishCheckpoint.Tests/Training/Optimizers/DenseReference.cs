using FishCheckpoint.Masks;
using FishCheckpoint.Training;

namespace FishCheckpoint.Tests.Training;

/// <summary>
/// A dense optimizer, value by value: PyTorch's <c>_single_tensor_sgd</c> and <c>_single_tensor_adam</c>, operation by operation. Given
/// gradients that are 0 off the mask, and decaying nothing there, it is what a masked one has to equal.
/// </summary>
internal abstract class DenseReference(float[][] weights)
{
    public float[][] Weights => weights;

    public double LearningRate { get; set; }

    protected float[][] First { get; } = [.. weights.Select(tensor => new float[tensor.Length])];

    protected float[][] Second { get; } = [.. weights.Select(tensor => new float[tensor.Length])];

    protected int[] Steps { get; } = new int[weights.Length];

    public void Step(Mask mask, float[]?[] gradients, float scale)
    {
        foreach (var tensor in mask.Tensors.Where(tensor => gradients[tensor.Tensor] is not null))
        {
            Steps[tensor.Tensor]++;
            var positions = tensor.Positions.ToArray().ToHashSet();
            for (var index = 0; index < weights[tensor.Tensor].Length; index++)
            {
                var masked = positions.Contains(index);
                Step(tensor.Tensor, index, masked ? gradients[tensor.Tensor]![index] * scale : 0, masked);
            }
        }
    }

    /// <summary>Forgets what has left the mask, which a dense optimizer would go on moving.</summary>
    public void Forget(Mask before, Mask after)
    {
        foreach (var (tensor, position) in before.Flat().Except(after.Flat()))
        {
            (First[tensor][position], Second[tensor][position]) = (0, 0);
        }

        foreach (var tensor in before.Tensors.Select(tensor => tensor.Tensor).Except(after.Tensors.Select(tensor => tensor.Tensor)))
        {
            Steps[tensor] = 0;
        }
    }

    protected abstract void Step(int tensor, int index, float gradient, bool masked);
}

internal sealed class DenseSgd(float[][] weights, SgdOptions options) : DenseReference(weights)
{
    protected override void Step(int tensor, int index, float gradient, bool masked)
    {
        ref var weight = ref Weights[tensor][index];
        ref var buffer = ref First[tensor][index];
        if (options.WeightDecay != 0 && masked)
        {
            gradient = gradient + (float)options.WeightDecay * weight;
        }

        if (options.Momentum != 0)
        {
            if (Steps[tensor] == 1)
            {
                buffer = gradient;
            }
            else
            {
                buffer = buffer * (float)options.Momentum;
                buffer = buffer + (float)(1 - options.Dampening) * gradient;
            }

            gradient = options.Nesterov ? gradient + (float)options.Momentum * buffer : buffer;
        }

        weight = weight + (float)-LearningRate * gradient;
    }
}

internal sealed class DenseAdam(float[][] weights, AdamOptions options, bool decoupled) : DenseReference(weights)
{
    protected override void Step(int tensor, int index, float gradient, bool masked)
    {
        ref var weight = ref Weights[tensor][index];
        ref var mean = ref First[tensor][index];
        ref var square = ref Second[tensor][index];
        if (options.WeightDecay != 0 && masked)
        {
            if (decoupled)
            {
                weight = weight * (float)(1 - LearningRate * options.WeightDecay);
            }
            else
            {
                gradient = gradient + (float)options.WeightDecay * weight;
            }
        }

        mean = Lerp(mean, gradient, (float)(1 - options.Beta1));
        square = square * (float)options.Beta2;
        square = square + (float)(1 - options.Beta2) * gradient * gradient;
        var correction1 = 1 - Math.Pow(options.Beta1, Steps[tensor]);
        var correction2 = 1 - Math.Pow(options.Beta2, Steps[tensor]);
        var step = LearningRate / correction1;
        var denominator = MathF.Sqrt(square) / (float)Math.Sqrt(correction2);
        denominator = denominator + (float)options.Epsilon;
        weight = weight + (float)-step * mean / denominator;
    }

    private static float Lerp(float start, float end, float weight) =>
        weight < 0.5f ? start + weight * (end - start) : end - (end - start) * (1 - weight);
}
