using FishCheckpoint.Masks;
using FishCheckpoint.Training;

namespace FishCheckpoint.Demo;

/// <summary>
/// Trains a model on a mask with <see cref="MaskedSgd"/>: no value outside it changes, and no gradient outside it is computed.
/// </summary>
internal sealed class DemoSgd
{
    // Gradients are clipped to this norm, as usual in fine-tuning: otherwise the first steps of a task far from the base would be
    // destructive.
    private const double LongestGradient = 1;

    private readonly MlpPass pass;
    private readonly PassColumns columns;
    private readonly MaskedGradient[] gradients;
    private readonly MaskedSgd optimizer;

    /// <summary>Prepares to train a model.</summary>
    /// <param name="pass">The source of gradients.</param>
    /// <param name="mask">The positions to train, on the model's layout.</param>
    /// <param name="momentum">The momentum.</param>
    public DemoSgd(MlpPass pass, Mask mask, double momentum)
    {
        (this.pass, columns) = (pass, new PassColumns(pass));
        gradients = [.. mask.Tensors.Select(tensor => new MaskedGradient(pass.Model, tensor))];
        optimizer = new MaskedSgd(mask, new SgdOptions { Momentum = momentum });
    }

    /// <summary>Trains on some of the images.</summary>
    /// <param name="samples">The images.</param>
    /// <param name="batch">The batch, as indices of images.</param>
    /// <param name="rate">The learning rate.</param>
    /// <returns>Their mean loss before the step.</returns>
    public double Step(Samples samples, ReadOnlySpan<int> batch, double rate)
    {
        Span<int> labels = stackalloc int[batch.Length];
        for (var index = 0; index < batch.Length; index++)
        {
            labels[index] = samples.Labels[batch[index]];
        }

        pass.Forward(samples, batch);
        var loss = pass.Backward(labels, 1f / batch.Length);
        columns.Load();
        var norm = Math.Sqrt(gradients.Sum(gradient => gradient.Compute(columns)));
        var scale = GradientClip.Scale(norm, LongestGradient);
        optimizer.LearningRate = rate;
        for (var index = 0; index < gradients.Length; index++)
        {
            gradients[index].Step(optimizer, index, scale);
        }

        return loss;
    }
}
