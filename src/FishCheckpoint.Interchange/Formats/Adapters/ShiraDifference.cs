using System.Buffers.Binary;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>
/// Finds what has to be added to a value so that exactly another one comes of it. The difference, rounded, or one of its neighbours does
/// wherever anything does: what is nearest to the true difference gives the nearest sum, and its neighbours decide ties.
/// </summary>
internal static class ShiraDifference
{
    /// <summary>The dtype that differences to tensors of a dtype are kept in: PEFT widens those of narrow floats.</summary>
    public static DType TypeOf(DType tensor) => tensor == DType.F64 ? DType.F64 : DType.F32;

    /// <summary>Finds a difference.</summary>
    /// <param name="type">The tensor's dtype.</param>
    /// <param name="before">The value below.</param>
    /// <param name="after">The value wanted.</param>
    /// <param name="difference">Takes the difference, in <see cref="TypeOf"/>.</param>
    /// <returns><see langword="false"/> where none gives these bits, or they are those of no number.</returns>
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
