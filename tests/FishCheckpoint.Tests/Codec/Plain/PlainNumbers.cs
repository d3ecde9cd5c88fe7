namespace PlainFormat;

/// <summary>Whole numbers as the format's pages use them.</summary>
internal static class PlainNumbers
{
    /// <summary>The bits of a number: 0 for 0.</summary>
    public static int BitsOf(ulong number)
    {
        var bits = 0;
        for (; number > 0; number >>= 1)
        {
            bits++;
        }

        return bits;
    }

    /// <summary>A quotient by a positive number, rounded up.</summary>
    public static long Ceiling(long number, long by)
    {
        var quotient = number / by;
        return quotient * by < number ? quotient + 1 : quotient;
    }

    public static long Unzigzag(ulong number) => number % 2 == 0 ? (long)(number >> 1) : -(long)(number >> 1) - 1;

    /// <summary>A number of some bits, of which the highest is the sign.</summary>
    public static long Signed(ulong number, int bits) => (long)(number << (64 - bits)) >> (64 - bits);

    /// <summary>The lowest bits of a number.</summary>
    public static ulong Cut(long number, int bits) => (ulong)number << (64 - bits) >> (64 - bits);

    /// <summary>16 times the binary logarithm, rounded down: one less than the bits of the number's 16th power (V16).</summary>
    public static int Log16(int number)
    {
        // Digits of 16 bits, the least significant first.
        var power = new ulong[12];
        power[0] = 1;
        for (var factor = 0; factor < 16; factor++)
        {
            var carry = 0UL;
            for (var digit = 0; digit < power.Length; digit++)
            {
                carry += power[digit] * (ulong)number;
                (power[digit], carry) = (carry % 65536, carry / 65536);
            }
        }

        var highest = power.Length - 1;
        while (power[highest] == 0)
        {
            highest--;
        }

        return (16 * highest) + BitsOf(power[highest]) - 1;
    }

    public static int Log16OfNineBits(int number)
    {
        var below = Math.Max(0, BitsOf((ulong)number) - 9);
        return Log16(number >> below) + (16 * below);
    }
}
