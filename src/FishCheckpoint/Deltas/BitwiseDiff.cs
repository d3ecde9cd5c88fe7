using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Deltas;

/// <summary>Finds the units in which two states differ bitwise: -0 differs from 0, and NaN payloads differ from each other.</summary>
internal static class BitwiseDiff
{
    /// <summary>Collects the indices of differing units.</summary>
    /// <param name="from">The first state.</param>
    /// <param name="to">The second state, equally long.</param>
    /// <param name="unitSize">Bytes per unit: 1, 2, 4 or 8.</param>
    /// <param name="found">Receives the indices, ascending. Its length is the number of units; entries after the last index are
    /// overwritten.</param>
    /// <returns>The number of units that differ.</returns>
    public static int Collect(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, int unitSize, Span<int> found)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(to.Length, from.Length);
        return unitSize switch
        {
            1 => Collect<byte>(from, to, found),
            2 => Collect<ushort>(from, to, found),
            4 => Collect<uint>(from, to, found),
            8 => Collect<ulong>(from, to, found),
            _ => throw Units.UnknownSize(unitSize),
        };
    }

    private static int Collect<T>(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, Span<int> found)
        where T : unmanaged, IBinaryInteger<T>
    {
        var (units, count, offset) = (from.Length / Unsafe.SizeOf<T>(), 0, 0);
        found = found[..units];
        if (DiffVectors.Are)
        {
            ref var left = ref MemoryMarshal.GetReference(from);
            ref var right = ref MemoryMarshal.GetReference(to);
            ref var target = ref MemoryMarshal.GetReference(found);
            for (; offset <= from.Length - DiffVectors.Run<T>(); offset += DiffVectors.Run<T>())
            {
                var differing = DiffVectors.Mask<T>(ref left, ref right, (nuint)offset);
                if (differing != 0)
                {
                    DiffVectors.Prefetch(ref left, ref right, (nuint)offset);
                    count = Emit(differing, offset / Unsafe.SizeOf<T>(), ref target, count);
                }
            }
        }

        var before = MemoryMarshal.Cast<byte, T>(from);
        var after = MemoryMarshal.Cast<byte, T>(to);
        for (var index = offset / Unsafe.SizeOf<T>(); index < units; index++)
        {
            if (before[index] != after[index])
            {
                found[count++] = index;
            }
        }

        return count;
    }

    // Writes six indices unconditionally, then two at a time: a loop over the set bits would mispredict its end. The buffer has room,
    // because a mask has an even number of bits (at least 16) and no more indices than units were found.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Emit(ulong bits, int first, ref int found, int count)
    {
        var end = count + BitOperations.PopCount(bits);
        ref var next = ref Unsafe.Add(ref found, count);
        next = first + Take(ref bits);
        Unsafe.Add(ref next, 1) = first + Take(ref bits);
        Unsafe.Add(ref next, 2) = first + Take(ref bits);
        Unsafe.Add(ref next, 3) = first + Take(ref bits);
        Unsafe.Add(ref next, 4) = first + Take(ref bits);
        Unsafe.Add(ref next, 5) = first + Take(ref bits);
        for (next = ref Unsafe.Add(ref next, 6); bits != 0; next = ref Unsafe.Add(ref next, 2))
        {
            next = first + Take(ref bits);
            Unsafe.Add(ref next, 1) = first + Take(ref bits);
        }

        return end;
    }

    // Clears and returns the lowest set bit; 64 if there is none.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Take(ref ulong bits)
    {
        var lowest = BitOperations.TrailingZeroCount(bits);
        bits &= bits - 1;
        return lowest;
    }
}
