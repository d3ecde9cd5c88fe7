using System.Numerics;
using System.Runtime.InteropServices;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>
/// The diagonal of the Fisher information, accumulated gradient by gradient: how much each parameter matters to the model's output.
/// </summary>
/// <remarks>
/// The empirical Fisher is the sum over examples of the squared gradient of the log-likelihood of the true label (Sung, Nair, Raffel 2021,
/// equation 4; the paper divides by the number of examples, which changes no order). One call per tensor and example: the square of a mean over
/// a batch is another thing. Holds 4 bytes per element of every tensor that was given a gradient. Not safe for concurrent use.
/// </remarks>
/// <param name="layout">The tensors that gradients are given for.</param>
public sealed class FisherInformation(Layout layout)
{
    private readonly float[]?[] scores = new float[]?[layout.Tensors.Count];

    /// <summary>The tensors that gradients are given for.</summary>
    public Layout Layout => layout;

    /// <summary>Adds the squares of one example's gradient.</summary>
    /// <param name="tensor">Index of the tensor in the layout.</param>
    /// <param name="gradient">Its gradient, flat, one float per element. Only read.</param>
    /// <param name="weight">
    /// What the squares are multiplied with: 1 for the empirical Fisher; the probability of a label when labels are summed over (expected Fisher).
    /// </param>
    /// <exception cref="ArgumentException">The gradient has another length than the tensor.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The weight is negative or not finite, or no tensor has this index.</exception>
    public void Add(int tensor, ReadOnlySpan<float> gradient, float weight = 1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)tensor, (uint)scores.Length, nameof(tensor));
        if (!(weight >= 0 && float.IsFinite(weight)))
        {
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "A weight is finite and not negative.");
        }

        var info = layout.Tensors[tensor];
        if (gradient.Length != info.Units)
        {
            throw new ArgumentException($"Tensor '{info.Name}' has {info.Units} elements, its gradient {gradient.Length}.", nameof(gradient));
        }

        AddSquares(scores[tensor] ??= new float[gradient.Length], gradient, weight);
    }

    /// <summary>The sums of a tensor: never negative; empty when no gradient was given for it. Owned by this object and changed by <see cref="Add"/>.</summary>
    /// <param name="tensor">Index of the tensor in the layout.</param>
    public ReadOnlySpan<float> Scores(int tensor) => scores[tensor];

    private static void AddSquares(Span<float> sums, ReadOnlySpan<float> gradient, float weight)
    {
        var vectorSums = MemoryMarshal.Cast<float, Vector<float>>(sums);
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        for (var index = 0; index < vectors.Length; index++)
        {
            vectorSums[index] += vectors[index] * vectors[index] * weight;
        }

        for (var index = vectors.Length * Vector<float>.Count; index < gradient.Length; index++)
        {
            sums[index] += gradient[index] * gradient[index] * weight;
        }
    }
}

/// <summary>Gives the scores of a tensor by its index in the layout: one float per element, none negative; empty where all are 0.</summary>
public delegate ReadOnlySpan<float> TensorScores(int tensor);
