using FishCheckpoint.Masks;

namespace FishCheckpoint.Training;

/// <summary>
/// Clips gradients by their length, as <c>torch.nn.utils.clip_grad_norm_</c>: over the mask's positions alone, since nothing else is
/// stepped on.
/// </summary>
public static class GradientClip
{
    // PyTorch's, against a norm of 0.
    private const double Epsilon = 1e-6;

    /// <summary>The Euclidean length of the gradients at a mask's positions; summed in double, in the mask's order.</summary>
    /// <param name="mask">The positions; without aliases.</param>
    /// <param name="gradientOf">Whole gradients; a tensor without one counts as 0.</param>
    public static double Norm(Mask mask, TensorGradients gradientOf)
    {
        var sum = 0.0;
        foreach (var tensor in mask.Tensors)
        {
            var gradient = gradientOf(tensor.Tensor);
            if (gradient.IsEmpty)
            {
                continue;
            }

            foreach (var position in tensor.Positions.Span)
            {
                sum += (double)gradient[(int)position] * gradient[(int)position];
            }
        }

        return Math.Sqrt(sum);
    }

    /// <summary>The sum of the squares of gathered gradients, in double: the root of all tensors' sums is the length.</summary>
    public static double SumOfSquares(ReadOnlySpan<float> gradients)
    {
        var sum = 0.0;
        foreach (var gradient in gradients)
        {
            sum += (double)gradient * gradient;
        }

        return sum;
    }

    /// <summary>
    /// What gradients are multiplied with, so that they are no longer than a limit: <c>limit / (norm + 1e-6)</c>, at most 1.
    /// </summary>
    /// <param name="norm">Their length.</param>
    /// <param name="limit">The longest length wanted.</param>
    public static float Scale(double norm, double limit) => (float)Math.Min(1, limit / (norm + Epsilon));
}
