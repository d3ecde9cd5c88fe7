using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// Distances between numbers of one dtype in units in the last place: the difference of their bits in value order, modulo the unit's width.
/// Every bit pattern has its own place, including NaNs and -0. Small training steps are small here at any magnitude. Distances are
/// zigzag-coded: 0, -1, 1, -2, … are 0, 1, 2, 3, …
/// </summary>
internal static class Ulp
{
    /// <summary>Whether a dtype has a sign and a magnitude, like floats; the bits of other dtypes ascend with the value.</summary>
    public static bool IsSignMagnitude(DType type) => type is DType.F8E5M2 or DType.F8E4M3 or DType.F8E4M3Fnuz or DType.F8E5M2Fnuz
        or DType.F16 or DType.BF16
        or DType.F32 or DType.F64;

    /// <summary>Computes zigzag distances.</summary>
    /// <param name="type">The dtype of the units.</param>
    /// <param name="from">The first units.</param>
    /// <param name="to">The second units, equally many.</param>
    /// <param name="distances">Filled; may overlap <paramref name="from"/> or <paramref name="to"/>.</param>
    public static void Distances(DType type, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, Span<byte> distances)
    {
        var flip = IsSignMagnitude(type);
        switch (DTypes.UnitSizeOf(type))
        {
            case 1: Distances<sbyte>(from, to, distances, flip ? sbyte.MaxValue : default); break;
            case 2: Distances<short>(from, to, distances, flip ? short.MaxValue : default); break;
            case 4: Distances<int>(from, to, distances, flip ? int.MaxValue : default); break;
            default: Distances<long>(from, to, distances, flip ? long.MaxValue : default); break;
        }
    }

    /// <summary>
    /// Adds distances: the inverse of <see cref="Distances(DType, ReadOnlySpan{byte}, ReadOnlySpan{byte}, Span{byte})"/>.
    /// </summary>
    /// <param name="type">The dtype of the units.</param>
    /// <param name="from">The first units.</param>
    /// <param name="distances">Zigzag distances.</param>
    /// <param name="to">Filled; may overlap the other arguments.</param>
    public static void Apply(DType type, ReadOnlySpan<byte> from, ReadOnlySpan<byte> distances, Span<byte> to)
    {
        var flip = IsSignMagnitude(type);
        switch (DTypes.UnitSizeOf(type))
        {
            case 1: Go<sbyte>(from, distances, to, flip ? sbyte.MaxValue : default); break;
            case 2: Go<short>(from, distances, to, flip ? short.MaxValue : default); break;
            case 4: Go<int>(from, distances, to, flip ? int.MaxValue : default); break;
            default: Go<long>(from, distances, to, flip ? long.MaxValue : default); break;
        }
    }

    /// <summary>
    /// Extrapolates values that changed from <paramref name="before"/> to <paramref name="last"/> by a part of that change.
    /// </summary>
    /// <param name="type">The dtype of the units.</param>
    /// <param name="before">The earlier units.</param>
    /// <param name="last">The later units, equally many.</param>
    /// <param name="move">1: a quarter of the change; 2: half.</param>
    /// <param name="predicted">Filled; may overlap the other arguments.</param>
    public static void Extrapolate(DType type, ReadOnlySpan<byte> before, ReadOnlySpan<byte> last, int move, Span<byte> predicted)
    {
        var flip = IsSignMagnitude(type);
        switch (DTypes.UnitSizeOf(type))
        {
            case 1: Extrapolate<sbyte>(before, last, 3 - move, predicted, flip ? sbyte.MaxValue : default); break;
            case 2: Extrapolate<short>(before, last, 3 - move, predicted, flip ? short.MaxValue : default); break;
            case 4: Extrapolate<int>(before, last, 3 - move, predicted, flip ? int.MaxValue : default); break;
            default: Extrapolate<long>(before, last, 3 - move, predicted, flip ? long.MaxValue : default); break;
        }
    }

    /// <summary>The total number of bits in zigzag distances.</summary>
    public static long Bits(DType type, ReadOnlySpan<byte> distances) => DTypes.UnitSizeOf(type) switch
    {
        1 => Bits<byte>(distances),
        2 => Bits<ushort>(distances),
        4 => Bits<uint>(distances),
        _ => Bits<ulong>(distances),
    };

    private static long Bits<T>(ReadOnlySpan<byte> distances)
        where T : unmanaged, IBinaryInteger<T>
    {
        var sum = 0L;
        foreach (var distance in MemoryMarshal.Cast<byte, T>(distances))
        {
            sum += 64 - BitOperations.LeadingZeroCount(ulong.CreateTruncating(distance));
        }

        return sum;
    }

    private static void Distances<T>(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, Span<byte> distances, T flip)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var (left, right, result) = Casts<T>(from, to, distances);
        var index = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var flips = Vector256.Create(flip);
            for (; index <= result.Length - Vector256<T>.Count; index += Vector256<T>.Count)
            {
                var difference = Order(Vector256.LoadUnsafe(in left[index]), flips);
                difference = Order(Vector256.LoadUnsafe(in right[index]), flips) - difference;
                ((difference + difference) ^ Vector256.LessThan(difference, Vector256<T>.Zero)).StoreUnsafe(ref result[index]);
            }
        }

        for (; index < result.Length; index++)
        {
            var difference = Order(right[index], flip) - Order(left[index], flip);
            result[index] = (difference + difference) ^ (T.IsNegative(difference) ? T.AllBitsSet : T.Zero);
        }
    }

    private static void Go<T>(ReadOnlySpan<byte> from, ReadOnlySpan<byte> distances, Span<byte> to, T flip)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var (left, zigzag, result) = Casts<T>(from, distances, to);
        var index = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var flips = Vector256.Create(flip);
            for (; index <= result.Length - Vector256<T>.Count; index += Vector256<T>.Count)
            {
                var number = Vector256.LoadUnsafe(in zigzag[index]);
                number = (number >>> 1) ^ (Vector256<T>.Zero - (number & Vector256<T>.One));
                Order(Order(Vector256.LoadUnsafe(in left[index]), flips) + number, flips).StoreUnsafe(ref result[index]);
            }
        }

        for (; index < result.Length; index++)
        {
            var number = (zigzag[index] >>> 1) ^ (T.Zero - (zigzag[index] & T.One));
            result[index] = Order(Order(left[index], flip) + number, flip);
        }
    }

    private static void Extrapolate<T>(ReadOnlySpan<byte> before, ReadOnlySpan<byte> last, int shift, Span<byte> predicted, T flip)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var (left, right, result) = Casts<T>(before, last, predicted);
        var index = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var flips = Vector256.Create(flip);
            for (; index <= result.Length - Vector256<T>.Count; index += Vector256<T>.Count)
            {
                var start = Order(Vector256.LoadUnsafe(in right[index]), flips);
                var move = start - Order(Vector256.LoadUnsafe(in left[index]), flips);
                Order(start + (move >> shift), flips).StoreUnsafe(ref result[index]);
            }
        }

        for (; index < result.Length; index++)
        {
            var start = Order(right[index], flip);
            result[index] = Order(start + ((start - Order(left[index], flip)) >> shift), flip);
        }
    }

    // Maps bits to value order and back: negative numbers descend. Its own inverse.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> Order<T>(Vector256<T> bits, Vector256<T> flips)
        where T : unmanaged => bits ^ (Vector256.LessThan(bits, Vector256<T>.Zero) & flips);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Order<T>(T bits, T flip)
        where T : unmanaged, IBinaryInteger<T> => T.IsNegative(bits) ? bits ^ flip : bits;

    private static Triple<T> Casts<T>(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> result)
        where T : unmanaged
    {
        var target = MemoryMarshal.Cast<byte, T>(result);
        return new Triple<T>(MemoryMarshal.Cast<byte, T>(first)[..target.Length], MemoryMarshal.Cast<byte, T>(second)[..target.Length],
            target);
    }

    private readonly ref struct Triple<T>(ReadOnlySpan<T> first, ReadOnlySpan<T> second, Span<T> result)
        where T : unmanaged
    {
        private readonly ReadOnlySpan<T> first = first;
        private readonly ReadOnlySpan<T> second = second;
        private readonly Span<T> result = result;

        public void Deconstruct(out ReadOnlySpan<T> one, out ReadOnlySpan<T> two, out Span<T> three)
        {
            one = first;
            two = second;
            three = result;
        }
    }
}
