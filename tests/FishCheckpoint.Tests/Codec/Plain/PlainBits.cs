namespace PlainFormat;

/// <summary>A stream of bits (V1), the codes of single numbers (V2, V3), and lists of ascending numbers (V4, V5).</summary>
internal sealed class PlainBits(PlainBytes source)
{
    public static readonly int[] Parameters =
        [1, 2, 3, 4, 5, 6, 7, .. Enumerable.Range(0, 64).Select(index => (4 + (index % 4)) << ((index / 4) + 1))];

    private long at = 8L * source.At;

    /// <summary>Bits after the last one that was read.</summary>
    public long Left => (8L * source.Data.Length) - at;

    public ulong Read(int count)
    {
        var value = 0UL;
        for (var index = 0; index < count; index++, at++)
        {
            RefusedException.Unless(Left > 0);
            value |= (ulong)((source.Data[at / 8] >> (int)(at % 8)) & 1) << index;
        }

        return value;
    }

    public int Small(int count) => (int)Read(count);

    public int Zeros()
    {
        var count = 0;
        while (Read(1) == 0)
        {
            count++;
        }

        return count;
    }

    /// <summary>Moves the bytes past the byte of the last bit.</summary>
    public void End() => source.At = (int)((at + 7) / 8);

    public ulong Gamma(int most = 63)
    {
        var zeros = Zeros();
        RefusedException.Unless(zeros <= most);
        return (1UL << zeros) | Read(zeros);
    }

    public int GammaFrom0() => (int)Gamma(16) - 1;

    public long Golomb(long parameter)
    {
        long quotient = Zeros();
        if (parameter == 1)
        {
            return quotient;
        }

        var width = PlainNumbers.BitsOf((ulong)parameter - 1);
        var cutoff = (1L << width) - parameter;
        var remainder = (long)Read(width - 1);
        remainder = remainder < cutoff ? remainder : (2 * remainder) + (long)Read(1) - cutoff;
        return (quotient * parameter) + remainder;
    }

    public List<long> List(long count, int parameter, long limit)
    {
        var (numbers, following) = (new List<long>(), 0L);
        for (var index = 0; index < count; index++)
        {
            following += Golomb(Parameters[parameter]);
            RefusedException.Unless(following < limit);
            numbers.Add(following);
            following++;
        }

        return numbers;
    }

    public List<long> ListToEnd(int parameter, long limit)
    {
        var (numbers, following) = (new List<long>(), Golomb(Parameters[parameter]));
        while (following < limit)
        {
            numbers.Add(following);
            following += 1 + Golomb(Parameters[parameter]);
        }

        RefusedException.Unless(following == limit);
        return numbers;
    }

    public static int ParameterFor(long listed, long size)
    {
        var best = Math.Max(1, PlainNumbers.Ceiling((693 * size) - (850 * listed), 1000 * listed));
        var place = 0;
        while (place < 70 && best - Parameters[place] > Parameters[place + 1] - best)
        {
            place++;
        }

        return place;
    }
}
