using FishCheckpoint.Masks;

namespace FishCheckpoint.Training;

/// <summary>
/// Clips gradients by their norm, like <c>torch.nn.utils.clip_grad_norm_</c>, but over the mask's positions only, since only they are
/// updated.
/// </summary>
public static class GradientClip
{
    // PyTorch's constant against a norm of 0.
    private const double Epsilon = 1e-6;

    /// <summary>The Euclidean norm of the gradients at a mask's positions, summed in double in the mask's order.</summary>
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

    /// <summary>The sum of squares of gathered gradients, in double; the norm is the root of all tensors' sums.</summary>
    public static double SumOfSquares(ReadOnlySpan<float> gradients)
    {
        var sum = 0.0;
        foreach (var gradient in gradients)
        {
            sum += (double)gradient * gradient;
        }

        return sum;
    }

    /// <summary>The factor that keeps the gradients' norm below a limit: <c>limit / (norm + 1e-6)</c>, at most 1.</summary>
    /// <param name="norm">Their norm.</param>
    /// <param name="limit">The largest norm.</param>
    public static float Scale(double norm, double limit) => (float)Math.Min(1, limit / (norm + Epsilon));
}
