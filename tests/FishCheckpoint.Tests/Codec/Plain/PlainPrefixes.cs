namespace PlainFormat;

/// <summary>Prefix codes of numbers of 32 bits (V13).</summary>
internal static class PlainPrefixes
{
    public static ulong[] Read(PlainBytes source, int count)
    {
        var last = source.Byte();
        RefusedException.Unless(last <= 71);
        int[] halves = [.. source.Take((last / 2) + 1).SelectMany(value => (int[])[value % 16, value / 16])];
        int[] lengths = halves[..(last + 1)];
        RefusedException.Unless(lengths.Max() <= 10 && lengths.Where(length => length > 0).Sum(length => 1024 >> length) == 1024);
        RefusedException.Unless(halves[(last + 1)..].All(half => half == 0));
        var codes = Codes(lengths);
        ulong[] sizes = [source.Number(4), source.Number(4), source.Number(4)];
        List<byte[]> parts = [.. sizes.Select(size => source.Take((long)size))];
        parts.Add(source.Take(source.Left));
        PlainBits[] streams = [.. parts.Select(part => new PlainBits(new PlainBytes(part)))];
        var numbers = new ulong[count];
        for (var index = 0; index < count; index++)
        {
            numbers[index] = Next(streams[index % 4], codes);
        }

        foreach (var stream in streams)
        {
            RefusedException.Unless(stream.Left < 8 && stream.Read((int)stream.Left) == 0);
        }

        return numbers;
    }

    // Symbols by the length and the number of their code.
    private static Dictionary<(int Length, int Code), int> Codes(int[] lengths)
    {
        var (codes, code) = (new Dictionary<(int, int), int>(), 0);
        for (var length = 1; length <= 10; length++, code *= 2)
        {
            for (var symbol = 0; symbol < lengths.Length; symbol++)
            {
                if (lengths[symbol] == length)
                {
                    codes.Add((length, code++), symbol);
                }
            }
        }

        return codes;
    }

    private static ulong Next(PlainBits bits, Dictionary<(int Length, int Code), int> codes)
    {
        var (length, code, symbol) = (0, 0, 0);
        do
        {
            (length, code) = (length + 1, (2 * code) + bits.Small(1));
        }
        while (!codes.TryGetValue((length, code), out symbol));

        var (smallest, plain) = PlainMagnitudes.Of(symbol);
        return smallest + bits.Read(plain);
    }
}
