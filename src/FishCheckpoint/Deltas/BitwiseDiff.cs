using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Deltas;

/// <summary>Finds the units in which two states differ, by their bits: -0 differs from 0, and NaN payloads differ from each
/// other.</summary>
internal static class BitwiseDiff
{
    /// <summary>Collects the indices of differing units.</summary>
    /// <param name="from">One state.</param>
    /// <param name="to">The other, equally long.</param>
    /// <param name="unitSize">Bytes of a unit: 1, 2, 4 or 8.</param>
    /// <param name="found">Receives the indices, ascending; as long as the number of units. What follows them is overwritten too.</param>
    /// <returns>How many units differ.</returns>
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

    // Six indices are written at once, wanted or not, and then two by two: where a loop over the bits ends would be guessed wrong more
    // often than not. There is room for them, since no more units were found than were looked at, and a mask has an even number of bits, 16
    // at the least.
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

    // The lowest bit, which goes; 64 where there is none.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Take(ref ulong bits)
    {
        var lowest = BitOperations.TrailingZeroCount(bits);
        bits &= bits - 1;
        return lowest;
    }
}
