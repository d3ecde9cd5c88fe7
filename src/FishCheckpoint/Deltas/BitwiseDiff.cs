using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FishCheckpoint.Deltas;

/// <summary>Finds the units in which two states differ, by their bits: -0 differs from 0, and NaN payloads differ from each other.</summary>
public static class BitwiseDiff
{
    /// <summary>Collects the indices of differing units.</summary>
    /// <param name="from">One state.</param>
    /// <param name="to">The other, equally long.</param>
    /// <param name="unitSize">Bytes of a unit: 1, 2, 4 or 8.</param>
    /// <param name="found">Receives the indices, ascending; as long as the number of units.</param>
    /// <returns>How many units differ.</returns>
    public static int Collect(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, int unitSize, Span<int> found)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(to.Length, from.Length);
        return unitSize switch
        {
            1 => Collect(from, to, found),
            2 => Collect(MemoryMarshal.Cast<byte, ushort>(from), MemoryMarshal.Cast<byte, ushort>(to), found),
            4 => Collect(MemoryMarshal.Cast<byte, uint>(from), MemoryMarshal.Cast<byte, uint>(to), found),
            8 => Collect(MemoryMarshal.Cast<byte, ulong>(from), MemoryMarshal.Cast<byte, ulong>(to), found),
            _ => throw Units.UnknownSize(unitSize),
        };
    }

    private static int Collect<T>(ReadOnlySpan<T> from, ReadOnlySpan<T> to, Span<int> found)
        where T : unmanaged, IBinaryInteger<T>
    {
        found = found[..from.Length];
        var (count, index) = (0, 0);
        if (Vector256.IsHardwareAccelerated)
        {
            ref var left = ref MemoryMarshal.GetReference(from);
            ref var right = ref MemoryMarshal.GetReference(to);
            var lanes = Vector256<T>.Count;

            // Most of two states is equal: four vectors are dismissed by one branch.
            for (; index <= from.Length - (4 * lanes); index += 4 * lanes)
            {
                var differing = Difference(ref left, ref right, index) | Difference(ref left, ref right, index + lanes)
                    | Difference(ref left, ref right, index + (2 * lanes)) | Difference(ref left, ref right, index + (3 * lanes));
                if (differing != Vector256<T>.Zero)
                {
                    for (var part = index; part < index + (4 * lanes); part += lanes)
                    {
                        count = Emit(Difference(ref left, ref right, part), part, found, count);
                    }
                }
            }
        }

        for (; index < from.Length; index++)
        {
            if (from[index] != to[index])
            {
                found[count++] = index;
            }
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> Difference<T>(ref T left, ref T right, int index) =>
        Vector256.LoadUnsafe(ref left, (nuint)index) ^ Vector256.LoadUnsafe(ref right, (nuint)index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Emit<T>(Vector256<T> difference, int index, Span<int> found, int count)
    {
        var bits = ~Vector256.Equals(difference, Vector256<T>.Zero).ExtractMostSignificantBits() & (uint)((1UL << Vector256<T>.Count) - 1);
        for (; bits != 0; bits &= bits - 1)
        {
            found[count++] = index + BitOperations.TrailingZeroCount(bits);
        }

        return count;
    }
}
