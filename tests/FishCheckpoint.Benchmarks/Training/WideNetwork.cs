using System.Numerics.Tensors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Training;

/// <summary>
/// A network of wide layers (10.5 million parameters by default), forward and backward on every core: a training step of honest length to
/// measure beside.
/// </summary>
internal sealed class WideNetwork
{
    private readonly int batch;
    private readonly int[] widths;
    private readonly float[][] weights;
    private readonly float[][] gradients;
    private readonly float[][] activations;
    private readonly float[][] errors;
    private readonly Random random = new(1);

    public WideNetwork(int batch, params int[] widths)
    {
        (this.batch, this.widths) = (batch, widths);
        Layout = new Layout([.. Enumerable.Range(0, widths.Length - 1).Select(layer =>
            new TensorInfo($"layers.{layer}.weight", DType.F32, [widths[layer + 1], widths[layer]]))]);
        weights = [.. Layout.Tensors.Select((tensor, layer) => Draw((int)tensor.Elements, 1.4f / MathF.Sqrt(widths[layer])))];
        gradients = [.. Layout.Tensors.Select(tensor => new float[tensor.Elements])];
        activations = [.. widths.Select(width => new float[batch * width])];
        errors = [.. widths.Select(width => new float[batch * width])];
    }

    public Layout Layout { get; }

    public Span<float> Values(int tensor) => weights[tensor];

    public ReadOnlySpan<float> Gradients(int tensor) => gradients[tensor];

    /// <summary>Forward and backward of one batch of drawn inputs, with a squared error.</summary>
    public void Pass()
    {
        for (var index = 0; index < activations[0].Length; index++)
        {
            activations[0][index] = random.NextSingle() - 0.5f;
        }

        for (var layer = 0; layer < weights.Length; layer++)
        {
            Forward(layer);
        }

        activations[^1].CopyTo(errors[^1], 0);
        for (var layer = weights.Length - 1; layer >= 0; layer--)
        {
            Backward(layer);
        }
    }

    private void Forward(int layer)
    {
        var (inputs, outputs) = (widths[layer], widths[layer + 1]);
        Parallel.For(0, outputs, row =>
        {
            var weight = weights[layer].AsSpan(row * inputs, inputs);
            for (var sample = 0; sample < batch; sample++)
            {
                var sum = TensorPrimitives.Dot(weight, activations[layer].AsSpan(sample * inputs, inputs));
                activations[layer + 1][(sample * outputs) + row] = layer == weights.Length - 1 ? sum : Math.Max(sum, 0);
            }
        });
    }

    private void Backward(int layer)
    {
        var (inputs, outputs) = (widths[layer], widths[layer + 1]);
        Parallel.For(0, outputs, row =>
        {
            var gradient = gradients[layer].AsSpan(row * inputs, inputs);
            gradient.Clear();
            for (var sample = 0; sample < batch; sample++)
            {
                if (errors[layer + 1][(sample * outputs) + row] is var error && error != 0)
                {
                    TensorPrimitives.MultiplyAdd(activations[layer].AsSpan(sample * inputs, inputs), error / batch, gradient, gradient);
                }
            }
        });
        if (layer == 0)
        {
            return;
        }

        Parallel.For(0, batch, sample =>
        {
            var below = errors[layer].AsSpan(sample * inputs, inputs);
            below.Clear();
            for (var row = 0; row < outputs; row++)
            {
                if (errors[layer + 1][(sample * outputs) + row] is var error && error != 0)
                {
                    TensorPrimitives.MultiplyAdd(weights[layer].AsSpan(row * inputs, inputs), error, below, below);
                }
            }

            for (var index = 0; index < inputs; index++)
            {
                below[index] = activations[layer][(sample * inputs) + index] > 0 ? below[index] : 0;
            }
        });
    }

    private float[] Draw(int count, float scale) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * scale)];
}
