using FishCheckpoint.Masks;
using FishCheckpoint.Training;

namespace FishCheckpoint.Demo;

/// <summary>The gradients at the trained positions of one tensor: work and memory are proportional to the mask.</summary>
internal sealed class MaskedGradient
{
    private readonly int tensor;
    private readonly int[] positions;
    private readonly float[] parameters;
    private readonly float[] gradient;
    private readonly float[] values;

    /// <summary>Prepares a tensor of a model for training.</summary>
    public MaskedGradient(Mlp model, TensorMask mask)
    {
        (tensor, parameters) = (mask.Tensor, model.Parameters[mask.Tensor]);
        positions = Array.ConvertAll(mask.Positions.ToArray(), position => (int)position);
        gradient = new float[positions.Length];
        values = IsWhole ? parameters : new float[positions.Length];
    }

    private bool IsWhole => positions.Length == parameters.Length;

    /// <summary>Computes the gradient at the mask's positions.</summary>
    /// <param name="columns">The pass with the gradients.</param>
    /// <returns>The sum of its squares.</returns>
    public double Compute(PassColumns columns)
    {
        if (IsWhole)
        {
            Gradients.Whole(columns.Pass, tensor, gradient);
        }
        else
        {
            columns.Gather(tensor, positions, gradient);
        }

        return GradientClip.SumOfSquares(gradient);
    }

    /// <summary>Updates the mask's positions only.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="maskTensor">Index of the tensor in the optimizer's mask.</param>
    /// <param name="scale">The factor for the gradient.</param>
    public void Step(MaskedOptimizer optimizer, int maskTensor, float scale)
    {
        for (var index = 0; index < positions.Length; index++)
        {
            gradient[index] *= scale;
            values[index] = parameters[positions[index]];
        }

        optimizer.Update(maskTensor, values, gradient);
        for (var index = 0; index < positions.Length; index++)
        {
            parameters[positions[index]] = values[index];
        }
    }
}
