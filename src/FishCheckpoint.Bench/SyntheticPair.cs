using System.Runtime.InteropServices;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Bench;

/// <summary>
/// Creates two small synthetic bf16 checkpoints: Gaussian float32 weights, moved by far smaller Gaussian steps, and cast. Some 5% of the
/// values change. Real training changes values in other patterns, so the result shows the machine's speed, not a user's savings.
/// </summary>
internal static class SyntheticPair
{
    private const double WeightDeviation = 0.02;
    private const double StepDeviation = 2e-6;

    private static readonly TensorInfo[] Tensors =
    [
        .. Enumerable.Range(0, 8).SelectMany(layer => new[]
        {
            new TensorInfo($"layer.{layer}.weight", DType.BF16, [1024, 512]), new TensorInfo($"layer.{layer}.bias", DType.BF16, [1024]),
        }),
    ];

    /// <summary>Writes the two files.</summary>
    /// <returns>Their paths.</returns>
    public static (string Before, string After) Write(string folder)
    {
        var (before, after) = (Path.Combine(folder, "before.safetensors"), Path.Combine(folder, "after.safetensors"));
        var header = HeaderWriter.Create(Tensors);
        using var first = File.Create(before);
        using var second = File.Create(after);
        first.Write(header.ToFileBytes());
        second.Write(header.ToFileBytes());
        var random = new Random(1);
        foreach (var tensor in header.Tensors)
        {
            var (old, moved) = (new ushort[tensor.Info.Elements], new ushort[tensor.Info.Elements]);
            for (var index = 0; index < old.Length; index++)
            {
                var (weight, step) = Gaussians(random);
                old[index] = Round((float)(weight * WeightDeviation));
                moved[index] = Round((float)((weight * WeightDeviation) + (step * StepDeviation)));
            }

            first.Write(MemoryMarshal.AsBytes(old.AsSpan()));
            second.Write(MemoryMarshal.AsBytes(moved.AsSpan()));
        }

        return (before, after);
    }

    // The Box-Muller method.
    private static (double One, double Other) Gaussians(Random random)
    {
        var (radius, angle) = (Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())), 2 * Math.PI * random.NextDouble());
        return (radius * Math.Cos(angle), radius * Math.Sin(angle));
    }

    // Rounds to the nearest bf16, ties to even.
    private static ushort Round(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
