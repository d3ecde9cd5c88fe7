namespace FishCheckpoint.Demo;

/// <summary>The gradient of whole tensors from a pass, summed over its batch.</summary>
internal static class Gradients
{
    /// <summary>Computes the gradient of one tensor.</summary>
    /// <param name="pass">The pass, after its backward pass.</param>
    /// <param name="tensor">Index of the tensor in the model's layout.</param>
    /// <param name="gradient">The result, as long as the tensor; overwritten.</param>
    public static void Whole(MlpPass pass, int tensor, Span<float> gradient)
    {
        var (layer, isBias) = (tensor / 2, tensor % 2 == 1);
        var deltas = pass.DeltasOf(layer);
        gradient.Clear();
        if (isBias)
        {
            for (var index = 0; index < deltas.Length; index++)
            {
                gradient[index % gradient.Length] += deltas[index];
            }
        }
        else
        {
            var (inputs, outputs) = (pass.Model.Widths[layer], pass.Model.Widths[layer + 1]);
            Kernels.AddProduct(deltas, 1, outputs, pass.InputsOf(layer), gradient, outputs, pass.Count, inputs);
        }
    }
}
