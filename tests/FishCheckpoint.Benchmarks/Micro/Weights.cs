using System.Runtime.InteropServices;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Micro;

/// <summary>
/// Synthetic weights for loops whose speed depends on how many values changed and how far: Gaussian, and moved by a step in the last place
/// or two.
/// </summary>
internal static class Weights
{
    /// <summary>How much of a block the coder's loops find changed.</summary>
    public const double Density = 0.05;

    /// <summary>bf16 values with a deviation of 0.02.</summary>
    public static byte[] Bf16(int bytes, int seed)
    {
        var (random, values) = (new Random(seed), new ushort[bytes / sizeof(ushort)]);
        for (var index = 0; index < values.Length; index++)
        {
            var gaussian = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            values[index] = (ushort)(BitConverter.SingleToUInt32Bits((float)(0.02 * gaussian)) >> 16);
        }

        return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
    }

    /// <summary>A copy in which a share of the units lies one to four units in the last place away: the nearer the likelier.</summary>
    public static byte[] Moved(byte[] before, int unitSize, double density, int seed)
    {
        var (random, after) = (new Random(seed), (byte[])before.Clone());
        for (var unit = 0; unit < after.Length / unitSize; unit++)
        {
            if (random.NextDouble() < density)
            {
                // The low byte: it may not carry, so it stays a small step.
                var (low, step) = (unit * unitSize, 1 + (int)(Math.Pow(random.NextDouble(), 3) * 4));
                after[low] = (byte)(after[low] + (after[low] < 128 ? step : -step));
            }
        }

        return after;
    }

    /// <summary>The changed units of a block, and their new values.</summary>
    public static (int[] Positions, byte[] Values) ChangesOf(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, int unitSize)
    {
        var found = new int[Blocks.Size / unitSize];
        var positions = found[..Deltas.BitwiseDiff.Collect(before, after, unitSize, found)];
        var values = new byte[positions.Length * unitSize];
        Deltas.Units.Gather(after, positions, unitSize, values);
        return (positions, values);
    }
}
