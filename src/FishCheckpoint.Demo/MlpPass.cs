namespace FishCheckpoint.Demo;

/// <summary>The forward and backward pass of a batch: its activations and derivatives. Reused for all batches.</summary>
internal sealed class MlpPass
{
    private readonly Mlp model;
    private readonly float[][] activations;
    private readonly float[][] deltas;

    /// <summary>Allocates memory for batches.</summary>
    /// <param name="model">The model; its parameters are read at each pass.</param>
    /// <param name="capacity">The largest number of images in a batch.</param>
    public MlpPass(Mlp model, int capacity)
    {
        (this.model, Capacity) = (model, capacity);
        activations = [.. model.Widths.Select(width => new float[width * capacity])];
        deltas = [.. model.Widths.Skip(1).Select(width => new float[width * capacity])];
    }

    /// <summary>The largest number of images in a batch.</summary>
    public int Capacity { get; }

    /// <summary>Images of the current batch.</summary>
    public int Count { get; private set; }

    /// <summary>The model.</summary>
    public Mlp Model => model;

    /// <summary>The input of layer <paramref name="layer"/>: [count, inputs].</summary>
    public ReadOnlySpan<float> InputsOf(int layer) => activations[layer].AsSpan(0, Count * model.Widths[layer]);

    /// <summary>
    /// The loss's derivatives by the output of layer <paramref name="layer"/>, before its ReLU: [count, outputs]. Valid after
    /// <see cref="Backward"/>.
    /// </summary>
    public ReadOnlySpan<float> DeltasOf(int layer) => deltas[layer].AsSpan(0, Count * model.Widths[layer + 1]);

    /// <summary>Runs some of the images through the model.</summary>
    /// <returns>The logits: [count, classes]. Overwritten by the next pass.</returns>
    public ReadOnlySpan<float> Forward(Samples samples, ReadOnlySpan<int> batch)
    {
        for (var index = 0; index < batch.Length; index++)
        {
            samples.Image(batch[index]).CopyTo(activations[0].AsSpan(index * Digits.Pixels));
        }

        return Forward(batch.Length);
    }

    /// <summary>Runs inputs through the model.</summary>
    /// <param name="inputs">[count, inputs].</param>
    /// <returns>The logits: [count, classes]. Overwritten by the next pass.</returns>
    public ReadOnlySpan<float> Forward(ReadOnlySpan<float> inputs)
    {
        inputs.CopyTo(activations[0]);
        return Forward(inputs.Length / model.Widths[0]);
    }

    /// <summary>Propagates the loss's derivatives back through the model, after {Forward(ReadOnlySpan{float})}.</summary>
    /// <param name="labels">The class of each input.</param>
    /// <param name="scale">The factor for the derivatives: 1 / count for the mean of the batch.</param>
    /// <returns>The mean cross-entropy of the softmax, in nats.</returns>
    public double Backward(ReadOnlySpan<int> labels, float scale)
    {
        var loss = SoftmaxCrossEntropy(labels, scale);
        for (var layer = model.Layers - 1; layer > 0; layer--)
        {
            var (inputs, outputs) = (model.Widths[layer], model.Widths[layer + 1]);
            var below = deltas[layer - 1].AsSpan(0, Count * inputs);
            below.Clear();
            Kernels.AddProduct(deltas[layer], outputs, 1, model.Parameters[2 * layer], below, Count, outputs, inputs);
            Kernels.ClearWhereNotPositive(activations[layer].AsSpan(0, below.Length), below);
        }

        return loss / Count;
    }

    private ReadOnlySpan<float> Forward(int count)
    {
        Count = count;
        for (var layer = 0; layer < model.Layers; layer++)
        {
            var outputs = activations[layer + 1].AsSpan(0, Count * model.Widths[layer + 1]);
            Kernels.Linear(activations[layer], model.Parameters[2 * layer], model.Parameters[(2 * layer) + 1], outputs, Count);
            if (layer < model.Layers - 1)
            {
                Kernels.ClearWhereNotPositive(outputs, outputs);
            }
        }

        return activations[^1].AsSpan(0, Count * model.Widths[^1]);
    }

    private double SoftmaxCrossEntropy(ReadOnlySpan<int> labels, float scale)
    {
        var (classes, loss) = (model.Widths[^1], 0.0);
        Span<double> exponentials = stackalloc double[classes];
        for (var row = 0; row < Count; row++)
        {
            var logits = activations[^1].AsSpan(row * classes, classes);
            var (highest, sum) = (float.NegativeInfinity, 0.0);
            foreach (var logit in logits)
            {
                highest = Math.Max(highest, logit);
            }

            for (var index = 0; index < classes; index++)
            {
                sum += exponentials[index] = Math.Exp(logits[index] - highest);
            }

            loss += Math.Log(sum) - (logits[labels[row]] - highest);
            for (var index = 0; index < classes; index++)
            {
                deltas[^1][(row * classes) + index] = scale * (float)((exponentials[index] / sum) - (index == labels[row] ? 1 : 0));
            }
        }

        return loss;
    }
}
