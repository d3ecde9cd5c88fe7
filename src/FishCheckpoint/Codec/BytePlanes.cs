using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FishCheckpoint.Codec;

/// <summary>Byte planes: the first bytes of all units, then the second bytes, and so on. Bytes of one significance compress together.</summary>
public static class BytePlanes
{
    /// <summary>Splits units into planes.</summary>
    /// <param name="units">Units of <paramref name="unitSize"/> bytes.</param>
    /// <param name="unitSize">Bytes of a unit.</param>
    /// <param name="planes">As long as <paramref name="units"/>; plane after plane, the least significant first.</param>
    public static void Split(ReadOnlySpan<byte> units, int unitSize, Span<byte> planes)
    {
        var count = units.Length / unitSize;
        var done = unitSize switch
        {
            1 => Copy(units, planes),
            2 => Split2(units, planes, count),
            4 => Split4(units, planes, count),
            _ => 0,
        };
        for (var plane = 0; plane < unitSize; plane++)
        {
            var target = planes.Slice(plane * count, count);
            for (int index = done, source = (done * unitSize) + plane; index < target.Length; index++, source += unitSize)
            {
                target[index] = units[source];
            }
        }
    }

    /// <summary>Joins planes to units: the mirror of <see cref="Split"/>.</summary>
    public static void Join(ReadOnlySpan<byte> planes, int unitSize, Span<byte> units)
    {
        var count = units.Length / unitSize;
        var done = unitSize switch
        {
            1 => Copy(planes[..count], units),
            2 => Join2(planes, units, count),
            4 => Join4(planes, units, count),
            _ => 0,
        };
        for (var plane = 0; plane < unitSize; plane++)
        {
            var source = planes.Slice(plane * count, count);
            for (int index = done, target = (done * unitSize) + plane; index < source.Length; index++, target += unitSize)
            {
                units[target] = source[index];
            }
        }
    }

    private static int Copy(ReadOnlySpan<byte> source, Span<byte> target)
    {
        source.CopyTo(target);
        return source.Length;
    }

    // What the vectors do not cover is left to the plain loop: each of these says how many units it has done.
    private static int Split2(ReadOnlySpan<byte> units, Span<byte> planes, int count)
    {
        var index = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            ref var source = ref Unsafe.As<byte, ushort>(ref MemoryMarshal.GetReference(units));
            ref var target = ref MemoryMarshal.GetReference(planes);
            for (; index <= count - 32; index += 32)
            {
                var (first, second) = (Vector256.LoadUnsafe(ref source, (nuint)index), Vector256.LoadUnsafe(ref source, (nuint)index + 16));
                Narrow(first, second).StoreUnsafe(ref target, (nuint)index);
                Narrow(first >>> 8, second >>> 8).StoreUnsafe(ref target, (nuint)(count + index));
            }
        }

        return index;
    }

    private static int Split4(ReadOnlySpan<byte> units, Span<byte> planes, int count)
    {
        var index = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            ref var source = ref Unsafe.As<byte, uint>(ref MemoryMarshal.GetReference(units));
            ref var target = ref MemoryMarshal.GetReference(planes);
            for (; index <= count - 32; index += 32)
            {
                var (one, two) = (Vector256.LoadUnsafe(ref source, (nuint)index), Vector256.LoadUnsafe(ref source, (nuint)index + 8));
                var (three, four) = (Vector256.LoadUnsafe(ref source, (nuint)index + 16), Vector256.LoadUnsafe(ref source, (nuint)index + 24));
                for (var plane = 0; plane < 4; plane++)
                {
                    var shift = 8 * plane;
                    Narrow(Halves(one >>> shift, two >>> shift), Halves(three >>> shift, four >>> shift))
                        .StoreUnsafe(ref target, (nuint)((plane * count) + index));
                }
            }
        }

        return index;
    }

    private static int Join2(ReadOnlySpan<byte> planes, Span<byte> units, int count)
    {
        var index = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            ref var source = ref MemoryMarshal.GetReference(planes);
            ref var target = ref Unsafe.As<byte, ushort>(ref MemoryMarshal.GetReference(units));
            for (; index <= count - 32; index += 32)
            {
                var (low, lowUpper) = Vector256.Widen(Vector256.LoadUnsafe(ref source, (nuint)index));
                var (high, highUpper) = Vector256.Widen(Vector256.LoadUnsafe(ref source, (nuint)(count + index)));
                (low | (high << 8)).StoreUnsafe(ref target, (nuint)index);
                (lowUpper | (highUpper << 8)).StoreUnsafe(ref target, (nuint)index + 16);
            }
        }

        return index;
    }

    private static int Join4(ReadOnlySpan<byte> planes, Span<byte> units, int count)
    {
        var index = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            ref var source = ref MemoryMarshal.GetReference(planes);
            ref var target = ref Unsafe.As<byte, uint>(ref MemoryMarshal.GetReference(units));
            for (; index <= count - 16; index += 16)
            {
                var (low, lowUpper) = (Vector256<uint>.Zero, Vector256<uint>.Zero);
                for (var plane = 0; plane < 4; plane++)
                {
                    var (wide, wideUpper) = Vector256.Widen(Vector256.WidenLower(Vector128.LoadUnsafe(ref source, (nuint)((plane * count) + index)).ToVector256Unsafe()));
                    (low, lowUpper) = (low | (wide << (8 * plane)), lowUpper | (wideUpper << (8 * plane)));
                }

                low.StoreUnsafe(ref target, (nuint)index);
                lowUpper.StoreUnsafe(ref target, (nuint)index + 8);
            }
        }

        return index;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Narrow(Vector256<ushort> first, Vector256<ushort> second) => Vector256.Narrow(first, second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Halves(Vector256<uint> first, Vector256<uint> second) => Vector256.Narrow(first, second);
}
