using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// The exponent of a unit as a byte, which determines how large a training step must be to change the unit; 0 for units without exponents.
/// </summary>
/// <param name="type">The dtype of the units.</param>
internal readonly struct ExponentRule(DType type)
{
    private readonly int shift = type switch
    {
        DType.BF16 => 7, DType.F16 => 10, DType.F32 => 23, DType.F64 => 52, DType.F8E4M3 or DType.F8E4M3Fnuz => 3, DType.F8E5M2
            or DType.F8E5M2Fnuz => 2, _ => 0,
    };

    private readonly int mask = type switch
    {
        DType.BF16 or DType.F32 => 0xFF, DType.F64 => 0x7FF, DType.F16 or DType.F8E5M2 or DType.F8E5M2Fnuz => 0x1F,
        DType.F8E4M3 or DType.F8E4M3Fnuz => 0xF, _ => 0,
    };

    /// <summary>Bytes per unit.</summary>
    public int UnitSize { get; } = DTypes.UnitSizeOf(type);

    /// <summary>Whether the dtype has exponents.</summary>
    public bool Any => mask != 0;

    /// <summary>Reads the exponents of units.</summary>
    /// <param name="units">Their bytes.</param>
    /// <param name="exponents">Filled.</param>
    public void Read(ReadOnlySpan<byte> units, Span<byte> exponents)
    {
        if (!Any)
        {
            exponents.Clear();
            return;
        }

        switch (UnitSize)
        {
            case 1: Read8(units, exponents); break;
            case 2: Read16(MemoryMarshal.Cast<byte, ushort>(units), exponents); break;
            case 4: Read32(MemoryMarshal.Cast<byte, uint>(units), exponents); break;
            default: Read64(MemoryMarshal.Cast<byte, ulong>(units), exponents); break;
        }
    }

    private void Read8(ReadOnlySpan<byte> units, Span<byte> exponents)
    {
        for (var index = 0; index < exponents.Length; index++)
        {
            exponents[index] = (byte)((units[index] >> shift) & mask);
        }
    }

    private void Read16(ReadOnlySpan<ushort> units, Span<byte> exponents)
    {
        var index = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (var low = Vector256.Create((ushort)mask); index <= exponents.Length - 32; index += 32)
            {
                var first = (Vector256.LoadUnsafe(in units[index]) >>> shift) & low;
                var second = (Vector256.LoadUnsafe(in units[index + 16]) >>> shift) & low;
                Vector256.Narrow(first, second).StoreUnsafe(ref exponents[index]);
            }
        }

        for (; index < exponents.Length; index++)
        {
            exponents[index] = (byte)((units[index] >> shift) & mask);
        }
    }

    private void Read32(ReadOnlySpan<uint> units, Span<byte> exponents)
    {
        var index = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (var low = Vector256.Create((uint)mask); index <= exponents.Length - 32; index += 32)
            {
                var first = Vector256.Narrow(Four(in units[index], low), Four(in units[index + 8], low));
                var second = Vector256.Narrow(Four(in units[index + 16], low), Four(in units[index + 24], low));
                Vector256.Narrow(first, second).StoreUnsafe(ref exponents[index]);
            }
        }

        for (; index < exponents.Length; index++)
        {
            exponents[index] = (byte)((units[index] >> shift) & (uint)mask);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<uint> Four(ref readonly uint units, Vector256<uint> low) => (Vector256.LoadUnsafe(in units) >>> shift) & low;

    // Doubles have more exponents than a byte: the common range is kept, and the rest is clamped.
    private void Read64(ReadOnlySpan<ulong> units, Span<byte> exponents)
    {
        for (var index = 0; index < exponents.Length; index++)
        {
            exponents[index] = (byte)Math.Clamp((int)((units[index] >> shift) & (ulong)mask) - (1023 - 192), 0, 255);
        }
    }
}
