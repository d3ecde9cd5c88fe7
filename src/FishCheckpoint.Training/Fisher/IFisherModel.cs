using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>A classifier and its examples for <see cref="FisherEstimator"/>. Its parameters must not change during the estimate.</summary>
public interface IFisherModel
{
    /// <summary>The tensors that have gradients.</summary>
    Layout Layout { get; }

    /// <summary>The number of examples.</summary>
    int Examples { get; }

    /// <summary>The true label of an example, from 0. Only <see cref="FisherKind.Empirical"/> calls it.</summary>
    /// <param name="example">The example, from 0.</param>
    int LabelOf(int example);

    /// <summary>p(y|x) of an example for each label y. <see cref="FisherKind.Empirical"/> does not call it.</summary>
    /// <param name="example">The example, from 0.</param>
    /// <returns>One probability per label; owned by the model and valid until its next call.</returns>
    ReadOnlySpan<float> ProbabilitiesOf(int example);

    /// <summary>
    /// The gradient of log p(label|example) for one example. The sign does not matter; a batch mean is a different quantity.
    /// </summary>
    /// <param name="example">The example, from 0.</param>
    /// <param name="label">The label, from 0.</param>
    /// <param name="gradients">Receives each tensor's gradient once; a tensor without a call has a gradient of 0.</param>
    void Differentiate(int example, int label, GradientSink gradients);
}

/// <summary>Receives the gradient of a tensor.</summary>
/// <param name="tensor">Index of the tensor in the layout.</param>
/// <param name="gradient">One float per element, flat. Read-only; valid during the call.</param>
public delegate void GradientSink(int tensor, ReadOnlySpan<float> gradient);
