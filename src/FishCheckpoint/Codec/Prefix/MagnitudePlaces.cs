using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FishCheckpoint.Codec;

/// <summary>
/// Computes the symbols of many 32-bit numbers at once: those of <see cref="Magnitudes"/>, which follow from a float's exponent and first
/// mantissa bit.
/// </summary>
internal static class MagnitudePlaces
{
    /// <summary>The number of symbols for 32 bits.</summary>
    public const int Symbols = 72;

    // At 16, the float's exponent and first mantissa bit minus the symbol.
    private const int DigitShift = 22;
    private const uint Bias = ((127 + 4) << 1) - 16;

    // Floats have 24 significant bits. Lower bits of longer numbers are cleared, so that nothing is rounded up.
    private const int FloatBits = 24;
    private const int LeftOut = 8;

    /// <summary>Finds the symbol of each number.</summary>
    /// <param name="numbers">The numbers.</param>
    /// <param name="symbols">Filled; equally long.</param>
    /// <returns>The smallest and the largest symbol.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (byte Least, byte Greatest) Find(ReadOnlySpan<uint> numbers, Span<byte> symbols)
    {
        symbols = symbols[..numbers.Length];
        var (index, least, greatest) = (0, byte.MaxValue, byte.MinValue);
        if (Vector256.IsHardwareAccelerated)
        {
            ref var source = ref MemoryMarshal.GetReference(numbers);
            ref var target = ref MemoryMarshal.GetReference(symbols);
            var (low, high) = (Vector256<byte>.AllBitsSet, Vector256<byte>.Zero);
            for (; index <= numbers.Length - 32; index += 32)
            {
                var one = Of(Vector256.LoadUnsafe(ref source, (nuint)index));
                var two = Of(Vector256.LoadUnsafe(ref source, (nuint)index + 8));
                var three = Of(Vector256.LoadUnsafe(ref source, (nuint)index + 16));
                var four = Of(Vector256.LoadUnsafe(ref source, (nuint)index + 24));
                var found = Vector256.Narrow(Vector256.Narrow(one, two), Vector256.Narrow(three, four));
                (low, high) = (Vector256.Min(low, found), Vector256.Max(high, found));
                found.StoreUnsafe(ref target, (nuint)index);
            }

            for (var lane = 0; lane < Vector256<byte>.Count; lane++)
            {
                (least, greatest) = (Math.Min(least, low[lane]), Math.Max(greatest, high[lane]));
            }
        }

        for (; index < numbers.Length; index++)
        {
            var found = symbols[index] = (byte)Magnitudes.SymbolOf(numbers[index]);
            (least, greatest) = (Math.Min(least, found), Math.Max(greatest, found));
        }

        return (least, greatest);
    }

    // Below 16, a number is its own symbol, which is smaller than the computed one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Of(Vector256<uint> numbers)
    {
        var fits = Vector256.Equals(numbers >>> FloatBits, Vector256<uint>.Zero);
        var exact = Vector256.ConditionalSelect(fits, numbers, numbers >>> LeftOut);
        var places = (Vector256.ConvertToSingle(exact.AsInt32()).AsUInt32() >>> DigitShift) - Vector256.Create(Bias);
        return Vector256.Min(numbers, places + Vector256.AndNot(Vector256.Create(2u * LeftOut), fits));
    }
}
