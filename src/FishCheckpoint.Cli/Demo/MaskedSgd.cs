using FishCheckpoint.Masks;

namespace FishCheckpoint.Cli.Demo;

/// <summary>Gradient descent with momentum on a mask: no bit outside of it changes, and no gradient outside of it is computed.</summary>
internal sealed class MaskedSgd
{
    // Gradients are clipped to this length, as is usual in fine-tuning: a task far from the base would otherwise begin with steps that spoil it.
    private const double LongestGradient = 1;

    private readonly MlpPass pass;
    private readonly PassColumns columns;
    private readonly MaskedTensor[] tensors;
    private readonly float momentum;

    /// <summary>Prepares to train a model.</summary>
    /// <param name="pass">The passes whose gradients are followed.</param>
    /// <param name="mask">The positions to train, on the model's layout.</param>
    /// <param name="momentum">How much of the previous step stays.</param>
    public MaskedSgd(MlpPass pass, Mask mask, float momentum)
    {
        (this.pass, this.momentum, columns) = (pass, momentum, new PassColumns(pass));
        tensors = [.. mask.Tensors.Select(tensor => new MaskedTensor(pass.Model, tensor))];
    }

    /// <summary>Trains on some of the images.</summary>
    /// <param name="samples">The images.</param>
    /// <param name="batch">Which of them.</param>
    /// <param name="rate">The learning rate.</param>
    /// <returns>Their mean loss before the step.</returns>
    public double Step(Samples samples, ReadOnlySpan<int> batch, float rate)
    {
        Span<int> labels = stackalloc int[batch.Length];
        for (var index = 0; index < batch.Length; index++)
        {
            labels[index] = samples.Labels[batch[index]];
        }

        pass.Forward(samples, batch);
        var loss = pass.Backward(labels, 1f / batch.Length);
        columns.Load();
        var norm = Math.Sqrt(tensors.Sum(tensor => tensor.ComputeGradient(columns)));
        var scale = norm > LongestGradient ? (float)(LongestGradient / norm) : 1;
        foreach (var tensor in tensors)
        {
            tensor.Step(pass.Model.Parameters[tensor.Tensor], rate, momentum, scale);
        }

        return loss;
    }
}
