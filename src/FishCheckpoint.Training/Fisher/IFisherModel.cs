using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>A classifier and its examples, as <see cref="FisherEstimator"/> asks for them; parameters do not change in between.</summary>
public interface IFisherModel
{
    /// <summary>The tensors that gradients are given for.</summary>
    Layout Layout { get; }

    /// <summary>The number of examples.</summary>
    int Examples { get; }

    /// <summary>The true label of an example, from 0. Asked for by <see cref="FisherKind.Empirical"/> only.</summary>
    /// <param name="example">Which, from 0.</param>
    int LabelOf(int example);

    /// <summary>p(y|x) of an example for each label y. Not asked for by <see cref="FisherKind.Empirical"/>.</summary>
    /// <param name="example">Which, from 0.</param>
    /// <returns>One probability for each label; owned by the model, and read before its next call.</returns>
    ReadOnlySpan<float> ProbabilitiesOf(int example);

    /// <summary>
    /// The gradient of log p(label|example), of this one example alone: the sign does not matter, a mean over a batch is another thing.
    /// </summary>
    /// <param name="example">Which, from 0.</param>
    /// <param name="label">Which label, from 0.</param>
    /// <param name="gradients">Takes each tensor's gradient once; a tensor that gets none has a gradient of 0.</param>
    void Differentiate(int example, int label, GradientSink gradients);
}

/// <summary>Takes the gradient of a tensor.</summary>
/// <param name="tensor">Index of the tensor in the layout.</param>
/// <param name="gradient">One float per element, flat. Only read, and not after the call.</param>
public delegate void GradientSink(int tensor, ReadOnlySpan<float> gradient);
