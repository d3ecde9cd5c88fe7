using System.Runtime.InteropServices;
using FishCheckpoint.Benchmarks.Peers;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>
/// How small a delta of 16-bit values could be if all that is known of a value were its tensor and its parent's exponent: the entropy of
/// changed or not, and of the signed distance of the changed values, each given that exponent, as counted in the pair itself. Since a coder
/// would have to send those counts or learn them, none reaches it without knowing more.
/// </summary>
internal static class Floor
{
    /// <summary>The floor in bytes; <see langword="null"/> for other dtypes.</summary>
    public static double? Of(Checkpoint before, Checkpoint after) => before.Layout.Tensors.All(info => info.Type is DType.BF16 or DType.F16)
        ? before.Layout.Tensors.Select(
            (info, tensor) => Bits(info.Type == DType.BF16 ? 7 : 10, Words(before, tensor), Words(after, tensor))).Sum() / 8 : null;

    private static ushort[] Words(Checkpoint model, int tensor) => MemoryMarshal.Cast<byte, ushort>(model.Tensors[tensor]).ToArray();

    private static double Bits(int fraction, ushort[] before, ushort[] after)
    {
        var (same, distances) = (new long[256], new Dictionary<int, long>[256]);
        for (var index = 0; index < before.Length; index++)
        {
            var exponent = (before[index] & 0x7FFF) >> fraction;
            if (before[index] == after[index])
            {
                same[exponent]++;
                continue;
            }

            CollectionsMarshal.GetValueRefOrAddDefault(distances[exponent] ??= [], Ordered(after[index]) - Ordered(before[index]), out _)++;
        }

        return Enumerable.Range(0, 256).Sum(exponent =>
        {
            var moved = distances[exponent]?.Values.ToArray() ?? [];
            return Entropy([same[exponent], moved.Sum()]) + Entropy(moved);
        });
    }

    // Bit patterns in the order of the numbers that they stand for; -0 comes just before 0.
    private static int Ordered(ushort bits) => bits < 0x8000 ? bits : 0x7FFF - bits;

    private static double Entropy(long[] counts)
    {
        var total = (double)counts.Sum();
        return counts.Where(count => count > 0).Sum(count => count * Math.Log2(total / count));
    }
}
