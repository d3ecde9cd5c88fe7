using System.Numerics;
using System.Runtime.InteropServices;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>
/// The diagonal of the Fisher information, accumulated gradient by gradient: how much each parameter matters to the model's output.
/// </summary>
/// <remarks>
/// The empirical Fisher is the sum over examples of the squared gradient of the log-likelihood of the true label (Sung, Nair, Raffel 2021,
/// equation 4; the paper divides by the number of examples, which changes no order); <see cref="FisherEstimator"/> makes this one and
/// others. One call per tensor and example: the square of a mean over a batch is another thing. Holds 4 bytes per element of every tensor
/// that was given a gradient. Not safe for concurrent use.
/// </remarks>
/// <param name="layout">The tensors that gradients are given for.</param>
/// <param name="power">What of the gradients is summed up.</param>
public sealed class FisherInformation(Layout layout, FisherPower power = FisherPower.Square)
{
    private readonly float[]?[] scores = new float[]?[layout.Tensors.Count];

    /// <summary>The tensors that gradients are given for.</summary>
    public Layout Layout => layout;

    /// <summary>What of the gradients is summed up.</summary>
    public FisherPower Power => power;

    /// <summary>Adds the squares, or absolute values, of one example's gradient.</summary>
    /// <param name="tensor">Index of the tensor in the layout.</param>
    /// <param name="gradient">Its gradient, flat, one float per element. Only read.</param>
    /// <param name="weight">
    /// What they are multiplied with: 1 for the empirical Fisher; the probability of a label when labels are summed over (expected Fisher).
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
            throw new ArgumentException(
                $"Tensor '{info.Name}' has {info.Units} elements, its gradient {gradient.Length}.", nameof(gradient));
        }

        var sums = scores[tensor] ??= new float[gradient.Length];
        if (power == FisherPower.Square)
        {
            AddSquares(sums, gradient, weight);
        }
        else
        {
            AddAbsolutes(sums, gradient, weight);
        }
    }

    /// <summary>Adds the sums of another worker, who saw other examples.</summary>
    /// <param name="other">Its sums; only read.</param>
    /// <remarks>
    /// One addition in float32 per element: <c>this + other</c>. Float additions depend on their order, so workers that are merged in the
    /// same order (by rank, as a rule) give the same bits on every machine, and in another order, or as one worker, sums that differ in
    /// their last bits.
    /// </remarks>
    /// <exception cref="FishException">
    /// <see cref="ErrorCode.LayoutMismatch"/>: its layout is another one; <see cref="ErrorCode.RequestInvalid"/>: its power is.
    /// </exception>
    public void Merge(FisherInformation other)
    {
        CheckSame(other.Layout, other.Power);
        for (var tensor = 0; tensor < scores.Length; tensor++)
        {
            if (other.Scores(tensor) is { IsEmpty: false } added)
            {
                AddSums(tensor, added);
            }
        }
    }

    /// <summary>
    /// Adds sums of a tensor that were accumulated elsewhere, as on a GPU: of what <see cref="Power"/> says, weighted already.
    /// </summary>
    /// <param name="tensor">Index of the tensor in the layout.</param>
    /// <param name="sums">One per element, flat, none negative. Only read.</param>
    /// <exception cref="ArgumentException">There is another number of them than of elements.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No tensor has this index.</exception>
    public void AddSums(int tensor, ReadOnlySpan<float> sums)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)tensor, (uint)scores.Length, nameof(tensor));
        var info = layout.Tensors[tensor];
        if (sums.Length != info.Units)
        {
            throw new ArgumentException($"Tensor '{info.Name}' has {info.Units} elements; {sums.Length} sums are given.", nameof(sums));
        }

        AddAbsolutes(scores[tensor] ??= new float[sums.Length], sums, 1);
    }

    /// <summary>
    /// The sums of a tensor: never negative; empty when no gradient was given for it. Owned by this object and changed by
    /// <see cref="Add"/>.
    /// </summary>
    /// <param name="tensor">Index of the tensor in the layout.</param>
    public ReadOnlySpan<float> Scores(int tensor) => scores[tensor];

    /// <summary>Refuses sums that cannot be added to these.</summary>
    internal void CheckSame(Layout otherLayout, FisherPower otherPower)
    {
        if (otherLayout.Id != layout.Id)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, "fisher", "The sums are of another layout.", "Add up what was computed on one layout.");
        }

        if (otherPower != power)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, "power", $"The sums are of {otherPower}; {power} is expected.", "Use one power.");
        }
    }

    private static void AddAbsolutes(Span<float> sums, ReadOnlySpan<float> gradient, float weight)
    {
        var vectorSums = MemoryMarshal.Cast<float, Vector<float>>(sums);
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        for (var index = 0; index < vectors.Length; index++)
        {
            vectorSums[index] += Vector.Abs(vectors[index]) * weight;
        }

        for (var index = vectors.Length * Vector<float>.Count; index < gradient.Length; index++)
        {
            sums[index] += Math.Abs(gradient[index]) * weight;
        }
    }

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

/// <summary>
/// Gives the scores of a tensor by its index in the layout: one float per element, none negative; empty where all are 0. Read before the
/// next call.
/// </summary>
public delegate ReadOnlySpan<float> TensorScores(int tensor);
