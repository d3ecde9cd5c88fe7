namespace PlainFormat;

/// <summary>A stream of magnitudes (V11, V12).</summary>
internal sealed class PlainMagnitudes
{
    private readonly PlainBits bits;
    private readonly List<PlainTable> tables = [];
    private readonly int[] tableOf;
    private readonly int[] states;
    private int turn;

    public PlainMagnitudes(PlainBits bits, int classes)
    {
        this.bits = bits;
        var count = bits.Small(5) + 1;
        tableOf = new int[classes];
        for (var of = 1; of < classes; of++)
        {
            tableOf[of] = tableOf[of - 1] + (count > 1 ? bits.Small(1) : 0);
        }

        RefusedException.Unless(tableOf[^1] == count - 1);
        var form = bits.Small(4);
        var (byRates, byEither) = (form < 6, form == 12);
        var log = byRates ? form + 6 : byEither ? bits.Small(3) + 6 : form;
        RefusedException.Unless(log <= 11);
        var first = byRates ? bits.GammaFrom0() : 0;
        RefusedException.Unless(first < 136);
        for (var table = 0; table < count; table++)
        {
            tables.Add(new PlainTable(
                byRates ? PlainTable.ByRates(bits, log, 136, first)
                : !byEither || bits.Small(1) == 1 ? PlainTable.ByCounts(bits, log, 136) : PlainTable.ByLevels(bits, log, 136), log));
        }

        states = [bits.Small(log), bits.Small(log)];
    }

    /// <summary>The smallest magnitude of a symbol, and how many plain bits follow it.</summary>
    public static (ulong Smallest, int Plain) Of(int symbol)
    {
        var plain = symbol < 16 ? 0 : ((symbol - 16) / 2) + 3;
        return (symbol < 16 ? (ulong)symbol : (2 + ((ulong)symbol % 2)) << plain, plain);
    }

    public ulong Next(int of) => Next(of, out _, signed: false);

    /// <summary>A distance: all 64 bits of it, of which a narrower value needs the lowest.</summary>
    public long NextSigned(int of)
    {
        var number = (long)Next(of, out var negative, signed: true);
        return negative ? -number : number;
    }

    public static long[] ReadSigned(PlainBytes source, int classes, int[] of) =>
        Read(source, classes, stream => of.Select(stream.NextSigned));

    public static ulong[] ReadUnsigned(PlainBytes source, int classes, int[] of) =>
        Read(source, classes, stream => of.Select(stream.Next));

    private static T[] Read<T>(PlainBytes source, int classes, Func<PlainMagnitudes, IEnumerable<T>> read)
    {
        var stream = new PlainMagnitudes(new PlainBits(source), classes);
        T[] numbers = [.. read(stream)];
        stream.bits.End();
        return numbers;
    }

    private ulong Next(int of, out bool negative, bool signed)
    {
        var symbol = tables[tableOf[of]].Step(bits, ref states[turn]);
        turn = 1 - turn;
        var (smallest, plain) = Of(symbol);
        negative = signed && symbol > 0 && bits.Small(1) == 1;
        return smallest + bits.Read(plain);
    }
}
