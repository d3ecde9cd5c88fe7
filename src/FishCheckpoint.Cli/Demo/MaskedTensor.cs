using FishCheckpoint.Masks;

namespace FishCheckpoint.Cli.Demo;

/// <summary>The trained positions of one tensor with their gradients and momentum: work and memory are proportional to the mask.</summary>
internal sealed class MaskedTensor
{
    private readonly int tensor;
    private readonly int[] positions;
    private readonly bool whole;
    private readonly float[] gradient;
    private readonly float[] velocity;

    /// <summary>Prepares a tensor of a model for training.</summary>
    public MaskedTensor(Mlp model, TensorMask mask)
    {
        tensor = mask.Tensor;
        positions = Array.ConvertAll(mask.Positions.ToArray(), position => (int)position);
        whole = positions.Length == model.Parameters[tensor].Length;
        (gradient, velocity) = (new float[positions.Length], new float[positions.Length]);
    }

    /// <summary>Index of the tensor in the model's layout.</summary>
    public int Tensor => tensor;

    /// <summary>Computes the gradient at the mask's positions.</summary>
    /// <param name="columns">The pass that it comes from.</param>
    /// <returns>The sum of its squares.</returns>
    public double ComputeGradient(PassColumns columns)
    {
        if (whole)
        {
            Gradients.Whole(columns.Pass, tensor, gradient);
        }
        else
        {
            columns.Gather(tensor, positions, gradient);
        }

        return Kernels.Dot(gradient, gradient);
    }

    /// <summary>One step of gradient descent with momentum (v = momentum * v + scale * g; w -= rate * v), at the mask's positions only.</summary>
    /// <param name="parameters">The tensor's values.</param>
    /// <param name="rate">The learning rate.</param>
    /// <param name="momentum">How much of the previous step stays.</param>
    /// <param name="scale">What the gradient is multiplied with.</param>
    public void Step(float[] parameters, float rate, float momentum, float scale)
    {
        for (var index = 0; index < positions.Length; index++)
        {
            velocity[index] = float.FusedMultiplyAdd(momentum, velocity[index], scale * gradient[index]);
            parameters[positions[index]] -= rate * velocity[index];
        }
    }
}
