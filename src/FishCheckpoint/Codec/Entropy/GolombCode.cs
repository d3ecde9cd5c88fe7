using System.Numerics;
using System.Runtime.CompilerServices;

namespace FishCheckpoint.Codec;

/// <summary>
/// A Golomb code with one parameter: the quotient in unary, the remainder in truncated binary (docs/reference/format/values.md, "Golomb
/// code").
/// </summary>
internal readonly struct GolombCode
{
    private const int Precision = 40;

    private readonly uint step;
    private readonly uint cutoff;
    private readonly int shorter;
    private readonly ulong mask;
    private readonly ulong inverse;

    /// <summary>Prepares a code.</summary>
    /// <param name="parameter">From 1 to 2^20.</param>
    public GolombCode(int parameter)
    {
        step = (uint)parameter;
        var bits = step == 1 ? 0 : BitOperations.Log2(step - 1) + 1;
        cutoff = (1U << bits) - step;
        shorter = bits - 1;
        mask = (1UL << Math.Max(0, shorter)) - 1;
        inverse = (1UL << Precision) / step + 1;
    }

    /// <summary>Writes a number below 2^20, for which the quotient needs no division.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ref BitWriter writer, uint number)
    {
        var quotient = (uint)((number * inverse) >> Precision);
        var (code, bits) = (0UL, 0);
        if (step > 1)
        {
            // A remainder below the cutoff is one bit shorter; for the others, the lowest bit comes last.
            var rest = number - (quotient * step);
            var longer = rest >= cutoff;
            var value = longer ? rest + cutoff : rest;
            (code, bits) = longer ? ((value >> 1) | ((ulong)(value & 1) << shorter), shorter + 1) : (value, shorter);
        }

        if (quotient + bits < BitWriter.MaxBits)
        {
            writer.Write(((code << 1) | 1) << (int)quotient, (int)quotient + 1 + bits);
            return;
        }

        writer.WriteUnary(quotient);
        writer.Write(code, bits);
    }

    /// <summary>Reads a number: the inverse of <see cref="Write"/>.</summary>
    /// <param name="reader">The bits.</param>
    /// <param name="limit">The exclusive upper bound. Larger numbers may be returned as any number from the bound on.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Read(ref BitReader reader, int limit)
    {
        var quotient = reader.ReadUnary();
        if (quotient > limit)
        {
            return int.MaxValue;
        }

        var number = quotient * step;
        if (step > 1)
        {
            var peeked = reader.Peek();
            var value = (uint)(peeked & mask);
            var longer = value >= cutoff;
            number += longer ? ((value << 1) | (uint)((peeked >> shorter) & 1)) - cutoff : value;
            reader.Skip(longer ? shorter + 1 : shorter);
        }

        return number;
    }
}
