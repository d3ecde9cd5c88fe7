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
/// others. Call it once per tensor and example: the square of a batch mean is a different quantity. It takes 4 bytes per element of every
/// tensor with a gradient. Not safe for concurrent use.
/// </remarks>
/// <param name="layout">The tensors that have gradients.</param>
/// <param name="power">Which function of the gradients is summed.</param>
public sealed class FisherInformation(Layout layout, FisherPower power = FisherPower.Square)
{
    private readonly float[]?[] scores = new float[]?[layout.Tensors.Count];

    /// <summary>The tensors that have gradients.</summary>
    public Layout Layout => layout;

    /// <summary>Which function of the gradients is summed.</summary>
    public FisherPower Power => power;

    /// <summary>Adds the squares, or absolute values, of one example's gradient.</summary>
    /// <param name="tensor">Index of the tensor in the layout.</param>
    /// <param name="gradient">Its gradient, flat, one float per element. Only read.</param>
    /// <param name="weight">The factor: 1 for the empirical Fisher; the probability of a label for the expected Fisher, which sums over
    /// labels.</param>
    /// <exception cref="ArgumentException">The gradient has another length than the tensor.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The weight is negative or not finite, or no tensor has this index.</exception>
    public void Add(int tensor, ReadOnlySpan<float> gradient, float weight = 1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)tensor, (uint)scores.Length, nameof(tensor));
        if (!(weight >= 0 && float.IsFinite(weight)))
        {
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "The weight must be finite and not negative.");
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

    /// <summary>Adds the sums of another worker that processed other examples.</summary>
    /// <param name="other">Its sums; only read.</param>
    /// <remarks>
    /// One addition in float32 per element: <c>this + other</c>. Float addition depends on the order. Workers merged in the same order,
    /// usually by rank, give the same bits on every machine; another order, or a single worker, may differ in the last bits.
    /// </remarks>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>: its layout differs; <see cref="ErrorCode.RequestInvalid"/>:
    /// its power differs.</exception>
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
    /// Adds sums of a tensor that were accumulated elsewhere, such as on a GPU: weighted sums of the function that <see cref="Power"/>
    /// names.
    /// </summary>
    /// <param name="tensor">Index of the tensor in the layout.</param>
    /// <param name="sums">One per element, flat, none negative. Only read.</param>
    /// <exception cref="ArgumentException">The number of sums is not the number of elements.</exception>
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
    /// The sums of a tensor: never negative; empty if it has no gradient. Owned by this object and changed by <see cref="Add"/>.
    /// </summary>
    /// <param name="tensor">Index of the tensor in the layout.</param>
    public ReadOnlySpan<float> Scores(int tensor) => scores[tensor];

    /// <summary>Refuses sums that cannot be added to these.</summary>
    internal void CheckSame(Layout otherLayout, FisherPower otherPower)
    {
        if (otherLayout.Id != layout.Id)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, "fisher", "The sums belong to another layout.", "Add sums of one layout only.");
        }

        if (otherPower != power)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, "power", $"The sums are of {otherPower}; expected {power}.",
                "Use the same power for all workers.");
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
/// Gives the scores of a tensor by its index in the layout: one float per element, none negative; empty if all are 0. Valid until the next
/// call.
/// </summary>
public delegate ReadOnlySpan<float> TensorScores(int tensor);
