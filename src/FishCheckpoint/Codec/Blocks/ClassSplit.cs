using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FishCheckpoint.Codec;

/// <summary>
/// Selects the units of one class among 64 neighbors. Classes are exponents from the first class on, clamped at both ends.
/// </summary>
internal static class ClassSplit
{
    /// <summary>The most classes in a block.</summary>
    public const int MaxClasses = 24;

    /// <summary>Units per word.</summary>
    public const int Word = 64;

    /// <summary>The class of an exponent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte ClassOf(byte exponent, int first, int count) => (byte)Math.Clamp(exponent - first, 0, count - 1);

    /// <summary>Turns exponents into classes.</summary>
    /// <param name="exponents">Replaced.</param>
    /// <param name="first">The exponent of class 0.</param>
    /// <param name="count">The number of classes.</param>
    public static void ToClasses(Span<byte> exponents, int first, int count)
    {
        var index = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var (floor, least, most) = (Vector256.Create((byte)first), Vector256.Create((byte)first), Vector256.Create((byte)(count - 1)));
            for (; index <= exponents.Length - Vector256<byte>.Count; index += Vector256<byte>.Count)
            {
                Vector256.Min(Vector256.Max(Vector256.LoadUnsafe(ref exponents[index]), least) - floor, most)
                    .StoreUnsafe(ref exponents[index]);
            }
        }

        for (; index < exponents.Length; index++)
        {
            exponents[index] = ClassOf(exponents[index], first, count);
        }
    }

    /// <summary>A bit mask of the units in one class, out of 64.</summary>
    /// <param name="classes">The classes of 64 units, from the first.</param>
    /// <param name="wanted">The class.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(ref readonly byte classes, byte wanted)
    {
        if (Vector256.IsHardwareAccelerated)
        {
            var of = Vector256.Create(wanted);
            return Vector256.Equals(Vector256.LoadUnsafe(in classes), of).ExtractMostSignificantBits()
                | ((ulong)Vector256.Equals(Vector256.LoadUnsafe(in classes, 32), of).ExtractMostSignificantBits() << 32);
        }

        var bits = 0UL;
        for (var index = 0; index < Word; index++)
        {
            bits |= Unsafe.Add(ref Unsafe.AsRef(in classes), index) == wanted ? 1UL << index : 0;
        }

        return bits;
    }

    /// <summary>Counts the units in each class.</summary>
    /// <param name="classes">The classes of all units, padded to whole words.</param>
    /// <param name="sizes">Filled with one count per class.</param>
    public static void Count(ReadOnlySpan<byte> classes, Span<int> sizes)
    {
        sizes.Clear();
        if (!Vector256.IsHardwareAccelerated)
        {
            foreach (var of in classes)
            {
                if (of < sizes.Length)
                {
                    sizes[of]++;
                }
            }

            return;
        }

        // The number of vectors whose counts fit in a byte; few enough to stay in the cache while all classes are counted.
        const int most = byte.MaxValue / 2 * 2 * 32;
        for (; classes.Length > 0; classes = classes[Math.Min(most, classes.Length)..])
        {
            var near = classes[..Math.Min(most, classes.Length)];
            for (var of = 0; of < sizes.Length; of++)
            {
                sizes[of] += Count(near, Vector256.Create((byte)of));
            }
        }
    }

    private static int Count(ReadOnlySpan<byte> classes, Vector256<byte> of)
    {
        var (even, odd) = (Vector256<byte>.Zero, Vector256<byte>.Zero);
        for (var index = 0; index < classes.Length; index += Word)
        {
            even -= Vector256.Equals(Vector256.LoadUnsafe(in classes[index]), of);
            odd -= Vector256.Equals(Vector256.LoadUnsafe(in classes[index + 32]), of);
        }

        return Vector256.Sum(Vector256.WidenLower(even) + Vector256.WidenUpper(even))
            + Vector256.Sum(Vector256.WidenLower(odd) + Vector256.WidenUpper(odd));
    }

    /// <summary>Extracts the bits under a mask and packs them at the low end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Extract(ulong bits, ulong mask) => Bmi2.X64.IsSupported ? Bmi2.X64.ParallelBitExtract(bits, mask)
        : ExtractPlainly(bits, mask);

    /// <summary>Spreads the low bits under a mask: the inverse of <see cref="Extract"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Deposit(ulong bits, ulong mask) => Bmi2.X64.IsSupported ? Bmi2.X64.ParallelBitDeposit(bits, mask)
        : DepositPlainly(bits, mask);

    /// <summary><see cref="Extract"/> for machines without the instruction.</summary>
    internal static ulong ExtractPlainly(ulong bits, ulong mask)
    {
        var found = 0UL;
        for (var next = 1UL; mask != 0; mask &= mask - 1, next <<= 1)
        {
            found |= (bits & mask & (0 - mask)) != 0 ? next : 0;
        }

        return found;
    }

    /// <summary><see cref="Deposit"/> for machines without the instruction.</summary>
    internal static ulong DepositPlainly(ulong bits, ulong mask)
    {
        var found = 0UL;
        for (; mask != 0; mask &= mask - 1, bits >>= 1)
        {
            found |= (bits & 1) != 0 ? mask & (0 - mask) : 0;
        }

        return found;
    }
}
