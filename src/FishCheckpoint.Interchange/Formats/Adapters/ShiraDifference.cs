using System.Buffers.Binary;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>
/// Finds the addend that turns one value into exactly another. If any exists, the rounded difference or one of its neighbors works: the
/// value nearest to the true difference gives the nearest sum, and its neighbors decide ties.
/// </summary>
internal static class ShiraDifference
{
    /// <summary>The dtype for differences to tensors of a dtype: PEFT widens narrow floats.</summary>
    public static DType TypeOf(DType tensor) => tensor == DType.F64 ? DType.F64 : DType.F32;

    /// <summary>Finds a difference.</summary>
    /// <param name="type">The tensor's dtype.</param>
    /// <param name="before">The old value.</param>
    /// <param name="after">The new value.</param>
    /// <param name="difference">The result, in <see cref="TypeOf"/>.</param>
    /// <returns><see langword="false"/> if no addend gives these bits, or they are a NaN.</returns>
    public static bool TryFind(DType type, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, Span<byte> difference)
    {
        var (from, to) = (FloatSum.Wide(type, before), FloatSum.Wide(type, after));
        if (double.IsNaN(from) || double.IsNaN(to))
        {
            return false;
        }

        var (exact, wide) = (to - from, type == DType.F64);
        foreach (var candidate in wide
            ? (ReadOnlySpan<double>)[exact, Math.BitIncrement(exact), Math.BitDecrement(exact)]
            : [(float)exact, MathF.BitIncrement((float)exact), MathF.BitDecrement((float)exact)])
        {
            Write(difference, candidate, wide);
            if (Gives(type, before, after, difference))
            {
                return true;
            }
        }

        return false;
    }

    private static void Write(Span<byte> difference, double value, bool wide)
    {
        if (wide)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(difference, value);
        }
        else
        {
            BinaryPrimitives.WriteSingleLittleEndian(difference, (float)value);
        }
    }

    private static bool Gives(DType type, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, ReadOnlySpan<byte> difference)
    {
        Span<byte> sum = stackalloc byte[sizeof(double)];
        sum = sum[..before.Length];
        before.CopyTo(sum);
        FloatSum.Add(type, sum, TypeOf(type), difference);
        return sum.SequenceEqual(after);
    }
}
