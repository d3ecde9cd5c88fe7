namespace FishCheckpoint.Demo;

/// <summary>
/// A pass with the batch as the innermost dimension. The gradient of one weight is then the dot product of two spans, so a masked gradient
/// costs work in proportion to the mask.
/// </summary>
internal sealed class PassColumns
{
    private readonly int stride;
    private readonly float[][] inputs;
    private readonly float[][] deltas;

    /// <summary>Allocates memory for the batches of a pass.</summary>
    public PassColumns(MlpPass pass)
    {
        (Pass, stride) = (pass, (pass.Capacity + 7) & ~7);
        var widths = pass.Model.Widths;
        inputs = [.. widths.SkipLast(1).Select(width => new float[width * stride])];
        deltas = [.. widths.Skip(1).Select(width => new float[width * stride])];
    }

    /// <summary>The pass.</summary>
    public MlpPass Pass { get; }

    /// <summary>Copies the current batch of the pass.</summary>
    public void Load()
    {
        for (var layer = 0; layer < inputs.Length; layer++)
        {
            Transpose(Pass.InputsOf(layer), inputs[layer]);
            Transpose(Pass.DeltasOf(layer), deltas[layer]);
        }
    }

    /// <summary>The gradient at some positions of a tensor, summed over the batch.</summary>
    public void Gather(int tensor, ReadOnlySpan<int> positions, Span<float> gradient)
    {
        var (layer, width) = (tensor / 2, Pass.Model.Widths[tensor / 2]);
        for (var index = 0; index < positions.Length; index++)
        {
            var position = positions[index];
            if (tensor % 2 == 1)
            {
                gradient[index] = Sum(Column(deltas[layer], position));
            }
            else
            {
                var (output, input) = Math.DivRem(position, width);
                gradient[index] = Kernels.Dot(Column(deltas[layer], output), Column(inputs[layer], input));
            }
        }
    }

    private ReadOnlySpan<float> Column(float[] columns, int column) => columns.AsSpan(column * stride, stride);

    private static float Sum(ReadOnlySpan<float> values)
    {
        var sum = 0f;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }

    // The unused rows of a short batch stay zero.
    private void Transpose(ReadOnlySpan<float> rows, float[] columns)
    {
        Array.Clear(columns);
        var width = columns.Length / stride;
        for (var row = 0; row < Pass.Count; row++)
        {
            for (var column = 0; column < width; column++)
            {
                columns[(column * stride) + row] = rows[(row * width) + column];
            }
        }
    }
}
