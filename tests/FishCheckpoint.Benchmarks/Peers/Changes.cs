using System.Runtime.InteropServices;
using FishCheckpoint.Deltas;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>Finds what changed, for all sparse peers with the same fast loop, so that they differ in their formats alone.</summary>
internal static class Changes
{
    /// <summary>The positions at which a tensor changed; the array is not to be kept.</summary>
    public static ReadOnlySpan<int> Of(Checkpoint before, Checkpoint after, int tensor, ref int[] buffer)
    {
        var info = before.Layout.Tensors[tensor];
        if (buffer.Length < info.Units)
        {
            buffer = new int[info.Units];
        }

        return buffer.AsSpan(0, BitwiseDiff.Collect(before.Tensors[tensor], after.Tensors[tensor], info.UnitSize, buffer));
    }

    /// <summary>The number of values that changed.</summary>
    public static long Count(Checkpoint before, Checkpoint after)
    {
        var buffer = Array.Empty<int>();
        return Enumerable.Range(0, before.Tensors.Length).Sum(tensor => (long)Of(before, after, tensor, ref buffer).Length);
    }

    /// <summary>The new values at some positions, as raw bits.</summary>
    public static byte[] Gather(byte[] tensor, int unitSize, ReadOnlySpan<int> positions)
    {
        var values = new byte[positions.Length * unitSize];
        switch (unitSize)
        {
            case 2: Gather<ushort>(tensor, positions, values); break;
            case 4: Gather<uint>(tensor, positions, values); break;
            default: throw new NotSupportedException($"Values of {unitSize} bytes are not compared.");
        }

        return values;
    }

    /// <summary>Puts values to their positions: the mirror of <see cref="Gather(byte[], int, ReadOnlySpan{int})"/>.</summary>
    public static void Scatter(byte[] tensor, int unitSize, ReadOnlySpan<int> positions, ReadOnlySpan<byte> values)
    {
        switch (unitSize)
        {
            case 2: Scatter<ushort>(tensor, positions, values); break;
            case 4: Scatter<uint>(tensor, positions, values); break;
            default: throw new NotSupportedException($"Values of {unitSize} bytes are not compared.");
        }
    }

    private static void Gather<T>(byte[] tensor, ReadOnlySpan<int> positions, Span<byte> values)
        where T : unmanaged
    {
        var source = MemoryMarshal.Cast<byte, T>(tensor.AsSpan());
        var target = MemoryMarshal.Cast<byte, T>(values);
        for (var index = 0; index < positions.Length; index++)
        {
            target[index] = source[positions[index]];
        }
    }

    private static void Scatter<T>(byte[] tensor, ReadOnlySpan<int> positions, ReadOnlySpan<byte> values)
        where T : unmanaged
    {
        var target = MemoryMarshal.Cast<byte, T>(tensor.AsSpan());
        var source = MemoryMarshal.Cast<byte, T>(values);
        for (var index = 0; index < positions.Length; index++)
        {
            target[positions[index]] = source[index];
        }
    }
}
