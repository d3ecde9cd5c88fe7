using System.Runtime.InteropServices;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;

namespace FishCheckpoint.Demo;

/// <summary>
/// A small classifier: linear layers with ReLU between them. Its parameters are plain arrays, one per tensor of <see cref="Layout"/>.
/// </summary>
public sealed class Mlp
{
    private readonly int[] widths;

    /// <summary>Creates a model with given parameters.</summary>
    /// <param name="widths">Numbers per image: of the input, after each layer, and of the classes.</param>
    /// <param name="parameters">Per tensor of <see cref="LayoutOf"/>; takes ownership.</param>
    public Mlp(int[] widths, float[][] parameters)
    {
        (this.widths, Parameters, Layout) = (widths, parameters, LayoutOf(widths));
        for (var tensor = 0; tensor < Layout.Tensors.Count; tensor++)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(parameters[tensor].Length, Layout.Tensors[tensor].Elements, nameof(parameters));
        }
    }

    /// <summary>
    /// Names and shapes: <c>layers.0.weight</c> [out, in], <c>layers.0.bias</c> [out], ..., <c>head.weight</c>, <c>head.bias</c>, all F32.
    /// </summary>
    public Layout Layout { get; }

    /// <summary>The parameters: per tensor of the layout, row-major. Changed by training.</summary>
    public float[][] Parameters { get; }

    /// <summary>Numbers per image: of the input, after each layer, and of the classes.</summary>
    public IReadOnlyList<int> Widths => widths;

    /// <summary>The number of linear layers, including the head. Layer l has tensors 2l (weight) and 2l + 1 (bias).</summary>
    public int Layers => widths.Length - 1;

    /// <summary>The bytes of a tensor's current values, in the form that a hook needs.</summary>
    public Span<byte> BytesOf(int tensor) => MemoryMarshal.AsBytes(Parameters[tensor].AsSpan());

    /// <summary>A model with random weights (He et al. 2015) and biases of 0.</summary>
    public static Mlp Create(int[] widths, long seed)
    {
        var random = new SeededRandom(seed);
        return new Mlp(widths, [.. LayoutOf(widths).Tensors.Select(tensor => Draw(tensor, random))]);
    }

    /// <summary>A copy with its own parameters.</summary>
    public Mlp Clone() => new(widths, [.. Parameters.Select(values => (float[])values.Clone())]);

    /// <summary>A copy with a new random head of another number of classes.</summary>
    public Mlp WithHead(int classes, long seed)
    {
        var random = new SeededRandom(seed);
        int[] changed = [.. widths[..^1], classes];
        var layout = LayoutOf(changed);
        return new Mlp(
            changed,
            [.. layout.Tensors.Select(
                (tensor, index) => index < layout.Tensors.Count - 2 ? (float[])Parameters[index].Clone() : Draw(tensor, random))]);
    }

    /// <summary>The tensors of a model with these widths.</summary>
    public static Layout LayoutOf(int[] widths)
    {
        var tensors = new List<TensorInfo>();
        for (var layer = 0; layer < widths.Length - 1; layer++)
        {
            var name = layer == widths.Length - 2 ? "head" : $"layers.{layer}";
            tensors.Add(new TensorInfo($"{name}.weight", DType.F32, [widths[layer + 1], widths[layer]]));
            tensors.Add(new TensorInfo($"{name}.bias", DType.F32, [widths[layer + 1]]));
        }

        return new Layout([.. tensors]);
    }

    private static float[] Draw(TensorInfo tensor, SeededRandom random)
    {
        var values = new float[tensor.Elements];
        if (tensor.Shape.Count == 2)
        {
            var scale = Math.Sqrt(2.0 / tensor.Shape[1]);
            for (var index = 0; index < values.Length; index++)
            {
                values[index] = (float)(random.NextGaussian() * scale);
            }
        }

        return values;
    }
}
