using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FishCheckpoint.Deltas;

/// <summary>Compares bytes with the processor's widest vectors. The JIT compiler resolves the width.</summary>
internal static class DiffVectors
{
    private const int Half = 64;
    private const int Ahead = 1024;

    /// <summary>Whether the processor supports vectors.</summary>
    public static bool Are => Vector128.IsHardwareAccelerated;

    /// <summary>The number of bytes that <see cref="Mask{T}"/> compares: 128, or one per mask bit if that is fewer.</summary>
    public static int Run<T>()
        where T : unmanaged => Unsafe.SizeOf<T>() == 1 ? Half : 2 * Half;

    /// <summary>A bit mask of the units that differ. One branch dismisses the common case, equal bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mask<T>(ref byte left, ref byte right, nuint offset)
        where T : unmanaged
    {
        if (Vector512.IsHardwareAccelerated)
        {
            var (low, high) = (Equal512<T>(ref left, ref right, offset), Last512<T>(ref left, ref right, offset));
            return (low & high) == Vector512<T>.AllBitsSet ? 0
                : Differing<T>(low.ExtractMostSignificantBits(), high.ExtractMostSignificantBits());
        }

        if (Vector256.IsHardwareAccelerated)
        {
            var (one, two) = (Equal256<T>(ref left, ref right, offset), Equal256<T>(ref left, ref right, offset + 32));
            if (Unsafe.SizeOf<T>() == 1)
            {
                return (one & two) == Vector256<T>.AllBitsSet ? 0 : ~Bits(one, two);
            }

            var (three, four) = (Equal256<T>(ref left, ref right, offset + Half), Equal256<T>(ref left, ref right, offset + Half + 32));
            return ((one & two) & (three & four)) == Vector256<T>.AllBitsSet ? 0 : Differing<T>(Bits(one, two), Bits(three, four));
        }

        var same = Bits128<T>(ref left, ref right, offset);
        return Unsafe.SizeOf<T>() == 1 ? ~same : Differing<T>(same, Bits128<T>(ref left, ref right, offset + Half));
    }

    /// <summary>
    /// Prefetches bytes for a later comparison. Differing units cause branch mispredictions, which discard the loads that the processor had
    /// started; equal bytes need no prefetch. Never reads past the end.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch(ref byte left, ref byte right, nuint offset)
    {
        if (Sse.IsSupported)
        {
            // No pinning is needed: a prefetch from a stale address is harmless.
            var one = (byte*)Unsafe.AsPointer(ref left) + offset + Ahead;
            var two = (byte*)Unsafe.AsPointer(ref right) + offset + Ahead;
            Sse.Prefetch0(one);
            Sse.Prefetch0(two);
            Sse.Prefetch0(one + Half);
            Sse.Prefetch0(two + Half);
            Sse.Prefetch0(one + (2 * Half));
            Sse.Prefetch0(two + (2 * Half));
            Sse.Prefetch0(one + (3 * Half));
            Sse.Prefetch0(two + (3 * Half));
        }
    }

    // Combines the bit masks of two halves and inverts them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Differing<T>(ulong low, ulong high)
        where T : unmanaged => Unsafe.SizeOf<T>() switch
        {
            sizeof(byte) => ~low,
            sizeof(ushort) => ~(low | (high << 32)),
            sizeof(uint) => ~(low | (high << 16)) & uint.MaxValue,
            _ => ~(low | (high << 8)) & ushort.MaxValue,
        };

    // No instruction extracts bits from two-byte lanes, so they are packed to bytes first.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits<T>(Vector256<T> low, Vector256<T> high)
        where T : unmanaged => Unsafe.SizeOf<T>() == sizeof(ushort)
            ? Vector256.NarrowWithSaturation(low.AsInt16(), high.AsInt16()).ExtractMostSignificantBits()
            : low.ExtractMostSignificantBits() | ((ulong)high.ExtractMostSignificantBits() << (32 / Unsafe.SizeOf<T>()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Bits<T>(Vector128<T> low, Vector128<T> high)
        where T : unmanaged => Unsafe.SizeOf<T>() == sizeof(ushort)
            ? Vector128.NarrowWithSaturation(low.AsInt16(), high.AsInt16()).ExtractMostSignificantBits()
            : low.ExtractMostSignificantBits() | (high.ExtractMostSignificantBits() << (16 / Unsafe.SizeOf<T>()));

    // The bit mask of one half.
    private static ulong Bits128<T>(ref byte left, ref byte right, nuint offset)
        where T : unmanaged =>
        Bits(Equal128<T>(ref left, ref right, offset), Equal128<T>(ref left, ref right, offset + 16))
            | ((ulong)Bits(Equal128<T>(ref left, ref right, offset + 32),
                Equal128<T>(ref left, ref right, offset + 48)) << (32 / Unsafe.SizeOf<T>()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Equal512<T>(ref byte left, ref byte right, nuint offset)
        where T : unmanaged =>
        Vector512.Equals(Vector512.LoadUnsafe(ref left, offset).As<byte, T>(), Vector512.LoadUnsafe(ref right, offset).As<byte, T>());

    // For single bytes, the first half is the whole mask.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Last512<T>(ref byte left, ref byte right, nuint offset)
        where T : unmanaged => Unsafe.SizeOf<T>() == 1 ? Vector512<T>.AllBitsSet : Equal512<T>(ref left, ref right, offset + Half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> Equal256<T>(ref byte left, ref byte right, nuint offset)
        where T : unmanaged =>
        Vector256.Equals(Vector256.LoadUnsafe(ref left, offset).As<byte, T>(), Vector256.LoadUnsafe(ref right, offset).As<byte, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Equal128<T>(ref byte left, ref byte right, nuint offset)
        where T : unmanaged =>
        Vector128.Equals(Vector128.LoadUnsafe(ref left, offset).As<byte, T>(), Vector128.LoadUnsafe(ref right, offset).As<byte, T>());
}
