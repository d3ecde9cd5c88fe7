using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Reports;

/// <summary>Tensor values as numbers, for reports; never for stored data.</summary>
internal static class Numbers
{
    private const double MaxE4M3 = 0x7F;

    private static readonly double[] E5M2 = Table(code => Small(code, mantissaBits: 2, bias: 15, fnuz: false, infinities: true));
    private static readonly double[] E4M3 =
        Table(code => (code & 0x7F) == MaxE4M3 ? double.NaN : Small(code, mantissaBits: 3, bias: 7, fnuz: false, infinities: false));
    private static readonly double[] E4M3Fnuz = Table(code => Small(code, mantissaBits: 3, bias: 8, fnuz: true, infinities: false));
    private static readonly double[] E5M2Fnuz = Table(code => Small(code, mantissaBits: 2, bias: 16, fnuz: true, infinities: false));
    private static readonly double[] E8M0 = Table(code => code == byte.MaxValue ? double.NaN : Math.ScaleB(1, code - 127));

    /// <summary>Whether the units of a dtype are numbers. They are not if several values share a byte.</summary>
    public static bool Are(DType type) => DTypes.BitsOf(type) >= 8;

    /// <summary>Bytes per number.</summary>
    public static int WidthOf(DType type) => type == DType.C64 ? sizeof(float) : DTypes.UnitSizeOf(type);

    /// <summary>Reads numbers.</summary>
    /// <param name="type">A dtype whose units are numbers.</param>
    /// <param name="bytes">Their bytes, little-endian.</param>
    /// <param name="numbers">Filled: one number for each <see cref="WidthOf"/> bytes.</param>
    public static void Read(DType type, ReadOnlySpan<byte> bytes, Span<double> numbers)
    {
        switch (type)
        {
            case DType.F32 or DType.C64: Widen<float>(bytes, numbers, value => value); break;
            case DType.F64: MemoryMarshal.Cast<byte, double>(bytes).CopyTo(numbers); break;
            case DType.F16: Widen<Half>(bytes, numbers, value => (double)value); break;
            case DType.BF16: Widen<ushort>(bytes, numbers, value => BitConverter.UInt32BitsToSingle((uint)value << 16)); break;
            case DType.I8: Widen<sbyte>(bytes, numbers, value => value); break;
            case DType.I16: Widen<short>(bytes, numbers, value => value); break;
            case DType.U16: Widen<ushort>(bytes, numbers, value => value); break;
            case DType.I32: Widen<int>(bytes, numbers, value => value); break;
            case DType.U32: Widen<uint>(bytes, numbers, value => value); break;
            case DType.I64: Widen<long>(bytes, numbers, value => value); break;
            case DType.U64: Widen<ulong>(bytes, numbers, value => value); break;
            case DType.F8E5M2: LookUp(E5M2, bytes, numbers); break;
            case DType.F8E4M3: LookUp(E4M3, bytes, numbers); break;
            case DType.F8E4M3Fnuz: LookUp(E4M3Fnuz, bytes, numbers); break;
            case DType.F8E5M2Fnuz: LookUp(E5M2Fnuz, bytes, numbers); break;
            case DType.F8E8M0: LookUp(E8M0, bytes, numbers); break;
            case DType.U8 or DType.Bool: Widen<byte>(bytes, numbers, value => value); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "The dtype's units are not numbers.");
        }
    }

    private static void Widen<T>(ReadOnlySpan<byte> bytes, Span<double> numbers, Func<T, double> widen)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, numbers.Length * Unsafe.SizeOf<T>());
        var values = MemoryMarshal.Cast<byte, T>(bytes);
        for (var index = 0; index < values.Length; index++)
        {
            numbers[index] = widen(values[index]);
        }
    }

    private static void LookUp(double[] table, ReadOnlySpan<byte> bytes, Span<double> numbers)
    {
        for (var index = 0; index < bytes.Length; index++)
        {
            numbers[index] = table[bytes[index]];
        }
    }

    private static double[] Table(Func<int, double> read) => [.. Enumerable.Range(0, 256).Select(read)];

    // OCP 8-bit floats, and those of "8-bit Numerical Formats for Deep Neural Networks" (finite; the bits of -0 are the only NaN).
    private static double Small(int code, int mantissaBits, int bias, bool fnuz, bool infinities)
    {
        if (fnuz && code == 0x80)
        {
            return double.NaN;
        }

        var (exponent, mantissa) = ((code & 0x7F) >> mantissaBits, code & ((1 << mantissaBits) - 1));
        if (infinities && exponent == 31)
        {
            return mantissa != 0 ? double.NaN : code > 127 ? double.NegativeInfinity : double.PositiveInfinity;
        }

        var magnitude = exponent == 0
            ? Math.ScaleB(mantissa, 1 - bias - mantissaBits) : Math.ScaleB((1 << mantissaBits) + mantissa, exponent - bias - mantissaBits);
        return code > 127 ? -magnitude : magnitude;
    }
}
