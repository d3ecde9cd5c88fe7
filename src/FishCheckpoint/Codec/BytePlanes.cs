using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FishCheckpoint.Codec;

/// <summary>
/// Byte planes: the first bytes of all units, then the second bytes, and so on. Bytes of equal significance compress better together.
/// </summary>
internal static class BytePlanes
{
    /// <summary>Splits units into planes.</summary>
    /// <param name="units">Units of <paramref name="unitSize"/> bytes.</param>
    /// <param name="unitSize">Bytes per unit.</param>
    /// <param name="planes">At least as long as <paramref name="units"/>; filled plane by plane, least significant first.</param>
    public static void Split(ReadOnlySpan<byte> units, int unitSize, Span<byte> planes) => Split(units, unitSize, 0, planes);

    /// <summary>Rotates each unit left and splits the units into planes.</summary>
    /// <param name="units">Units of <paramref name="unitSize"/> bytes.</param>
    /// <param name="unitSize">Bytes per unit; more than one if there is a rotation.</param>
    /// <param name="rotation">The rotation in bits, less than a unit's width.</param>
    /// <param name="planes">As long as <paramref name="units"/>; filled plane by plane, least significant first.</param>
    internal static void Split(ReadOnlySpan<byte> units, int unitSize, int rotation, Span<byte> planes)
    {
        planes = planes[..units.Length];
        var count = units.Length / unitSize;
        switch (unitSize)
        {
            case 1: units.CopyTo(planes); break;
            case 2: SplitRest<ushort>(units, rotation, Split2(units, rotation, planes, count), planes); break;
            case 4: SplitRest<uint>(units, rotation, Split4(units, rotation, planes, count), planes); break;
            default: SplitRest<ulong>(units, rotation, 0, planes); break;
        }
    }

    /// <summary>Joins planes into units: the inverse of <see cref="Split(ReadOnlySpan{byte}, int, Span{byte})"/>.</summary>
    public static void Join(ReadOnlySpan<byte> planes, int unitSize, Span<byte> units) => Join(planes, unitSize, 0, units);

    /// <summary>
    /// Joins planes into units and rotates each back: the inverse of <see cref="Split(ReadOnlySpan{byte}, int, int, Span{byte})"/>.
    /// </summary>
    internal static void Join(ReadOnlySpan<byte> planes, int unitSize, int rotation, Span<byte> units)
    {
        planes = planes[..units.Length];
        var count = units.Length / unitSize;
        switch (unitSize)
        {
            case 1: planes[..count].CopyTo(units); break;
            case 2: JoinRest<ushort>(planes, rotation, Join2(planes, rotation, units, count), units); break;
            case 4: JoinRest<uint>(planes, rotation, Join4(planes, rotation, units, count), units); break;
            default: JoinRest<ulong>(planes, rotation, 0, units); break;
        }
    }

    private static void SplitRest<T>(ReadOnlySpan<byte> units, int rotation, int done, Span<byte> planes)
        where T : unmanaged, IBinaryInteger<T>
    {
        var words = MemoryMarshal.Cast<byte, T>(units);
        for (var index = done; index < words.Length; index++)
        {
            var word = T.RotateLeft(words[index], rotation);
            for (var place = index; place < planes.Length; place += words.Length)
            {
                planes[place] = byte.CreateTruncating(word);
                word >>>= 8;
            }
        }
    }

    private static void JoinRest<T>(ReadOnlySpan<byte> planes, int rotation, int done, Span<byte> units)
        where T : unmanaged, IBinaryInteger<T>
    {
        var words = MemoryMarshal.Cast<byte, T>(units);
        for (var index = done; index < words.Length; index++)
        {
            var word = T.Zero;
            for (int place = index, shift = 0; place < planes.Length; place += words.Length, shift += 8)
            {
                word |= T.CreateTruncating(planes[place]) << shift;
            }

            words[index] = T.RotateRight(word, rotation);
        }
    }

    // Each vector loop returns the number of units done; the scalar loop handles the rest.
    private static int Split2(ReadOnlySpan<byte> units, int rotation, Span<byte> planes, int count)
    {
        var index = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            ref var source = ref Unsafe.As<byte, ushort>(ref MemoryMarshal.GetReference(units));
            ref var target = ref MemoryMarshal.GetReference(planes);
            for (; index <= count - 32; index += 32)
            {
                var (first, second) = (Load(ref source, index, rotation), Load(ref source, index + 16, rotation));
                Narrow(first, second).StoreUnsafe(ref target, (nuint)index);
                Narrow(first >>> 8, second >>> 8).StoreUnsafe(ref target, (nuint)(count + index));
            }
        }

        return index;
    }

    private static int Split4(ReadOnlySpan<byte> units, int rotation, Span<byte> planes, int count)
    {
        var index = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            ref var source = ref Unsafe.As<byte, uint>(ref MemoryMarshal.GetReference(units));
            ref var target = ref MemoryMarshal.GetReference(planes);
            for (; index <= count - 32; index += 32)
            {
                var (one, two) = (Load(ref source, index, rotation), Load(ref source, index + 8, rotation));
                var (three, four) = (Load(ref source, index + 16, rotation), Load(ref source, index + 24, rotation));
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

    private static int Join2(ReadOnlySpan<byte> planes, int rotation, Span<byte> units, int count)
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
                Back(low | (high << 8), rotation).StoreUnsafe(ref target, (nuint)index);
                Back(lowUpper | (highUpper << 8), rotation).StoreUnsafe(ref target, (nuint)index + 16);
            }
        }

        return index;
    }

    private static int Join4(ReadOnlySpan<byte> planes, int rotation, Span<byte> units, int count)
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
                    var (wide, wideUpper) =
                        Vector256.Widen(
                            Vector256.WidenLower(Vector128.LoadUnsafe(ref source, (nuint)((plane * count) + index)).ToVector256Unsafe()));
                    (low, lowUpper) = (low | (wide << (8 * plane)), lowUpper | (wideUpper << (8 * plane)));
                }

                Back(low, rotation).StoreUnsafe(ref target, (nuint)index);
                Back(lowUpper, rotation).StoreUnsafe(ref target, (nuint)index + 8);
            }
        }

        return index;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Load(ref ushort source, int index, int rotation)
    {
        var words = Vector256.LoadUnsafe(ref source, (nuint)index);
        return (words << rotation) | (words >>> (16 - rotation));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Load(ref uint source, int index, int rotation)
    {
        var words = Vector256.LoadUnsafe(ref source, (nuint)index);
        return (words << rotation) | (words >>> (32 - rotation));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Back(Vector256<ushort> words, int rotation) => (words >>> rotation) | (words << (16 - rotation));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Back(Vector256<uint> words, int rotation) => (words >>> rotation) | (words << (32 - rotation));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Narrow(Vector256<ushort> first, Vector256<ushort> second) => Vector256.Narrow(first, second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Halves(Vector256<uint> first, Vector256<uint> second) => Vector256.Narrow(first, second);
}
