using System.Numerics;

namespace FishCheckpoint.Codec;

/// <summary>
/// How likely each element of a row is among its row's positions, from how many the row has and how often earlier rows had that column (docs/FORMAT.md, "Rows").
/// The score of a gradient is nearly a row's part times a column's, so a mask that is chosen by it is nearly told by how full its rows and columns are. Whole
/// numbers only: the same on every machine.
/// </summary>
internal sealed class RowModel
{
    /// <summary>The number of classes: an octave of odds each.</summary>
    public const int Classes = 24;

    private const int MostRows = 255;
    private const int Even = Classes / 2;

    // Sixteenths of an octave: of x, the highest bit of x^16.
    private static readonly short[] Logs = [0, .. Enumerable.Range(1, 2 * (MostRows + 1)).Select(x => (short)(BigInteger.Pow(x, 16).GetBitLength() - 1))];

    private readonly byte[] classOf = new byte[MostRows + 1];
    private byte[] hits = [];
    private int width;
    private int rows;
    private long total;

    /// <summary>Begins without knowing any row.</summary>
    /// <param name="columns">Elements of a row.</param>
    public void Start(int columns)
    {
        hits = hits.Length < columns ? new byte[columns] : hits;
        (width, rows, total) = (columns, 0, 0);
        Array.Clear(hits, 0, columns);
    }

    /// <summary>The class of each element of the next row.</summary>
    /// <param name="count">The row's positions: fewer than its elements.</param>
    /// <param name="classes">Filled; what it holds more than a row has elements with a class that does not exist.</param>
    public void Classify(int count, Span<byte> classes)
    {
        var expected = (int)(2 * total / width);
        var rest = LogOf(count) - LogOf(width - count) - Logs[expected + 1] + Logs[(2 * rows) - expected + 1];
        for (var hit = 0; hit <= rows; hit++)
        {
            var odds = rest + Logs[(2 * hit) + 1] - Logs[(2 * (rows - hit)) + 1];
            classOf[hit] = (byte)Math.Clamp((odds >> 4) + Even, 0, Classes - 1);
        }

        for (var column = 0; column < width; column++)
        {
            classes[column] = classOf[hits[column]];
        }

        classes[width..].Fill(byte.MaxValue);
    }

    /// <summary>Learns a row.</summary>
    /// <param name="columns">Its positions.</param>
    public void Learn(ReadOnlySpan<int> columns)
    {
        foreach (var column in columns)
        {
            hits[column]++;
        }

        (rows, total) = (rows + 1, total + columns.Length);
        if (rows == MostRows)
        {
            // Old rows count half: rows of one token are more like those of the next.
            for (var column = 0; column < width; column++)
            {
                hits[column] >>= 1;
            }

            (rows, total) = (rows >> 1, total >> 1);
        }
    }

    // Sixteenths of an octave of any number: what is above the table is halved into it.
    private static int LogOf(int number)
    {
        var halves = Math.Max(0, 32 - BitOperations.LeadingZeroCount((uint)number) - 9);
        return Logs[number >> halves] + (16 * halves);
    }
}
