using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FishCheckpoint.Codec;

/// <summary>Which of 64 neighbouring units are of one class: the exponents from the first of the class on, cut off at both ends.</summary>
internal static class ClassSplit
{
    /// <summary>The most classes of a block.</summary>
    public const int MaxClasses = 24;

    /// <summary>The units of a word.</summary>
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

    /// <summary>The units of one class among 64.</summary>
    /// <param name="classes">Of the first of 64 units.</param>
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

    /// <summary>Counts the units of each class.</summary>
    /// <param name="classes">Of all units, padded to whole words.</param>
    /// <param name="sizes">Filled: a class each.</param>
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

        // As many vectors as a byte can count, which stay near while one class after another is counted.
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

    /// <summary>The bits under a mask, brought together at the low end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Extract(ulong bits, ulong mask) => Bmi2.X64.IsSupported ? Bmi2.X64.ParallelBitExtract(bits, mask)
        : ExtractPlainly(bits, mask);

    /// <summary>The low bits, spread under a mask: the mirror of <see cref="Extract"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Deposit(ulong bits, ulong mask) => Bmi2.X64.IsSupported ? Bmi2.X64.ParallelBitDeposit(bits, mask)
        : DepositPlainly(bits, mask);

    /// <summary><see cref="Extract"/> on a machine that has no instruction for it.</summary>
    internal static ulong ExtractPlainly(ulong bits, ulong mask)
    {
        var found = 0UL;
        for (var next = 1UL; mask != 0; mask &= mask - 1, next <<= 1)
        {
            found |= (bits & mask & (0 - mask)) != 0 ? next : 0;
        }

        return found;
    }

    /// <summary><see cref="Deposit"/> on a machine that has no instruction for it.</summary>
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
