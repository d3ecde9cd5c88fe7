using System.Buffers.Binary;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>
/// Adds like PyTorch adds a sparse tensor to a dense one: in the wider dtype (in single precision if both are narrow), then rounded to the
/// dense one's dtype, to nearest, ties to even. A NaN result has the bits of most trainers' processors (docs/guides/pytorch.md).
/// </summary>
internal static class FloatSum
{
    private const uint Indefinite = 0xFFC00000;
    private const ulong IndefiniteWide = 0xFFF8000000000000;

    /// <summary>Whether a dtype supports addition.</summary>
    public static bool Takes(DType type) => type is DType.F16 or DType.BF16 or DType.F32 or DType.F64;

    /// <summary>Adds to an element in place.</summary>
    /// <param name="type">The element's dtype.</param>
    /// <param name="element">The element.</param>
    /// <param name="otherType">The dtype of the addend.</param>
    /// <param name="other">The addend.</param>
    public static void Add(DType type, Span<byte> element, DType otherType, ReadOnlySpan<byte> other)
    {
        if (type == DType.F64 || otherType == DType.F64)
        {
            var sum = Sum(Wide(type, element), Wide(otherType, other));
            if (type == DType.F64)
            {
                BinaryPrimitives.WriteDoubleLittleEndian(element, sum);
                return;
            }

            Write(type, element, Narrowed(sum));
            return;
        }

        Write(type, element, Sum(Single(type, element), Single(otherType, other)));
    }

    /// <summary>An element as an exact double.</summary>
    public static double Wide(DType type, ReadOnlySpan<byte> element) =>
        type == DType.F64 ? BinaryPrimitives.ReadDoubleLittleEndian(element) : Widened(Single(type, element));

    private static float Single(DType type, ReadOnlySpan<byte> element) => type switch
    {
        DType.F32 => BinaryPrimitives.ReadSingleLittleEndian(element),
        DType.BF16 => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(element) << 16),
        DType.F16 => (float)BinaryPrimitives.ReadHalfLittleEndian(element),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The dtype does not support addition."),
    };

    private static void Write(DType type, Span<byte> element, float value)
    {
        switch (type)
        {
            case DType.F32: BinaryPrimitives.WriteSingleLittleEndian(element, value); break;
            case DType.BF16: BinaryPrimitives.WriteUInt16LittleEndian(element, Brain(value)); break;
            default: BinaryPrimitives.WriteUInt16LittleEndian(element, HalfOf(value)); break;
        }
    }

    private static ushort Brain(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private static ushort HalfOf(float value) => float.IsNaN(value)
        ? (ushort)((BitConverter.SingleToUInt32Bits(value) >> 31 << 15) | 0x7E00) : BitConverter.HalfToUInt16Bits((Half)value);

    // Which of two NaNs a processor returns depends on the compiler's operand order; here it is always the dense one's.
    private static float Sum(float left, float right)
    {
        var sum = left + right;
        return !float.IsNaN(sum) ? sum : BitConverter.UInt32BitsToSingle(
            float.IsNaN(left) ? BitConverter.SingleToUInt32Bits(left) | 0x400000 : float.IsNaN(right)
                ? BitConverter.SingleToUInt32Bits(right) | 0x400000 : Indefinite);
    }

    private static double Sum(double left, double right)
    {
        var sum = left + right;
        return !double.IsNaN(sum) ? sum : BitConverter.UInt64BitsToDouble(
            double.IsNaN(left) ? BitConverter.DoubleToUInt64Bits(left) | (1UL << 51) : double.IsNaN(right)
                ? BitConverter.DoubleToUInt64Bits(right) | (1UL << 51) : IndefiniteWide);
    }

    private static double Widened(float value) => !float.IsNaN(value) ? value : BitConverter.UInt64BitsToDouble(
        ((ulong)(BitConverter.SingleToUInt32Bits(value) >> 31) << 63) | 0x7FF8000000000000 | ((ulong)(BitConverter.SingleToUInt32Bits(
            value) & 0x7FFFFF) << 29));

    private static float Narrowed(double value) => !double.IsNaN(value) ? (float)value : BitConverter.UInt32BitsToSingle(
        (uint)(BitConverter.DoubleToUInt64Bits(
            value) >> 63 << 31) | 0x7FC00000 | (uint)((BitConverter.DoubleToUInt64Bits(value) >> 29) & 0x7FFFFF));
}
