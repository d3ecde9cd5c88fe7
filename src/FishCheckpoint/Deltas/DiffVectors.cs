using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FishCheckpoint.Deltas;

/// <summary>Compares a run of bytes with the widest vectors that the processor has. What the widths are is known when this is compiled for it.</summary>
internal static class DiffVectors
{
    /// <summary>Bytes that <see cref="AreSame"/> looks at.</summary>
    public const int Run = 128;

    /// <summary>Whether there are vectors at all.</summary>
    public static bool Are => Vector128.IsHardwareAccelerated;

    /// <summary>Whether <see cref="Run"/> bytes are the same: what nearly all of two states is, dismissed by one branch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreSame(ref byte left, ref byte right, nuint offset)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            return (Difference512(ref left, ref right, offset) | Difference512(ref left, ref right, offset + 64)) == Vector512<byte>.Zero;
        }

        if (Vector256.IsHardwareAccelerated)
        {
            return (Difference256(ref left, ref right, offset) | Difference256(ref left, ref right, offset + 32)
                | Difference256(ref left, ref right, offset + 64) | Difference256(ref left, ref right, offset + 96)) == Vector256<byte>.Zero;
        }

        var all = Vector128<byte>.Zero;
        for (nuint part = 0; part < Run; part += 16)
        {
            all |= Vector128.LoadUnsafe(ref left, offset + part) ^ Vector128.LoadUnsafe(ref right, offset + part);
        }

        return all == Vector128<byte>.Zero;
    }

    /// <summary>Bytes that <see cref="Mask{T}"/> looks at: as many units as a mask has bits, or the whole run.</summary>
    public static int Masked<T>()
        where T : unmanaged => Unsafe.SizeOf<T>() == 1 ? Run / 2 : Run;

    /// <summary>A bit for each unit: set where it differs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mask<T>(ref byte left, ref byte right, nuint offset)
        where T : unmanaged => Unsafe.SizeOf<T>() switch
        {
            sizeof(byte) => ~Same64<T>(ref left, ref right, offset),
            sizeof(ushort) => ~(Same64<T>(ref left, ref right, offset) | (Same64<T>(ref left, ref right, offset + 64) << 32)),
            sizeof(uint) => ~(Same64<T>(ref left, ref right, offset) | (Same64<T>(ref left, ref right, offset + 64) << 16)) & uint.MaxValue,
            _ => ~(Same64<T>(ref left, ref right, offset) | (Same64<T>(ref left, ref right, offset + 64) << 8)) & ushort.MaxValue,
        };

    // A bit for each unit in 64 bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Same64<T>(ref byte left, ref byte right, nuint offset)
        where T : unmanaged
    {
        if (Vector512.IsHardwareAccelerated)
        {
            return Vector512.Equals(Vector512.LoadUnsafe(ref left, offset).As<byte, T>(), Vector512.LoadUnsafe(ref right, offset).As<byte, T>())
                .ExtractMostSignificantBits();
        }

        if (!Vector256.IsHardwareAccelerated)
        {
            return Same32By128<T>(ref left, ref right, offset) | ((ulong)Same32By128<T>(ref left, ref right, offset + 32) << (32 / Unsafe.SizeOf<T>()));
        }

        var (low, high) = (Equal256<T>(ref left, ref right, offset), Equal256<T>(ref left, ref right, offset + 32));

        // No instruction turns words of two bytes to bits: they are made bytes before.
        return Unsafe.SizeOf<T>() == sizeof(ushort)
            ? Vector256.Narrow(low.AsUInt16(), high.AsUInt16()).ExtractMostSignificantBits()
            : low.ExtractMostSignificantBits() | ((ulong)high.ExtractMostSignificantBits() << (32 / Unsafe.SizeOf<T>()));
    }

    private static uint Same32By128<T>(ref byte left, ref byte right, nuint offset)
        where T : unmanaged
    {
        var (low, high) = (Equal128<T>(ref left, ref right, offset), Equal128<T>(ref left, ref right, offset + 16));
        return Unsafe.SizeOf<T>() == sizeof(ushort)
            ? Vector128.Narrow(low.AsUInt16(), high.AsUInt16()).ExtractMostSignificantBits()
            : low.ExtractMostSignificantBits() | (high.ExtractMostSignificantBits() << (16 / Unsafe.SizeOf<T>()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> Equal256<T>(ref byte left, ref byte right, nuint offset)
        where T : unmanaged =>
        Vector256.Equals(Vector256.LoadUnsafe(ref left, offset).As<byte, T>(), Vector256.LoadUnsafe(ref right, offset).As<byte, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Equal128<T>(ref byte left, ref byte right, nuint offset)
        where T : unmanaged =>
        Vector128.Equals(Vector128.LoadUnsafe(ref left, offset).As<byte, T>(), Vector128.LoadUnsafe(ref right, offset).As<byte, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Difference512(ref byte left, ref byte right, nuint offset) =>
        Vector512.LoadUnsafe(ref left, offset) ^ Vector512.LoadUnsafe(ref right, offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Difference256(ref byte left, ref byte right, nuint offset) =>
        Vector256.LoadUnsafe(ref left, offset) ^ Vector256.LoadUnsafe(ref right, offset);
}
