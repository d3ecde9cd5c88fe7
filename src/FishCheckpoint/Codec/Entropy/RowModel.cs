using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FishCheckpoint.Codec;

/// <summary>
/// Estimates the likelihood of each element of a row from the row's number of positions and from the columns of earlier rows
/// (docs/reference/format/values.md, "Rows"). A gradient's score is nearly the product of a row factor and a column factor, so the counts
/// per row and column nearly determine a mask of top scores. Uses integers only, so that it is deterministic on all machines.
/// </summary>
internal sealed class RowModel
{
    /// <summary>The number of classes, one per octave of odds.</summary>
    public const int Classes = 24;

    private const int MaxRows = 255;
    private const int Even = Classes / 2;

    // Sixteenths of an octave: the highest bit of x^16.
    private static readonly short[] Logs =
        [0, .. Enumerable.Range(1, 2 * (MaxRows + 1)).Select(x => (short)(BigInteger.Pow(x, 16).GetBitLength() - 1))];

    private readonly byte[] classOf = new byte[MaxRows + 1];
    private readonly byte[] floors = new byte[Classes];
    private byte[] hits = [];
    private int width;
    private int rows;
    private long total;

    /// <summary>Starts without any rows.</summary>
    /// <param name="columns">Elements per row.</param>
    public void Start(int columns)
    {
        var padded = Padded(columns);
        hits = hits.Length < padded ? new byte[padded] : hits;
        (width, rows, total) = (columns, 0, 0);
        Array.Clear(hits, 0, padded);
    }

    /// <summary>Assigns a class to each element of the next row.</summary>
    /// <param name="count">The row's number of positions, less than its elements.</param>
    /// <param name="classes">Filled with <see cref="Padded"/> elements; those after the row get an unused class.</param>
    /// <returns>The first and the last class of any element.</returns>
    public (int First, int Last) Classify(int count, Span<byte> classes)
    {
        var expected = (int)(2 * total / width);
        var rest = LogOf(count) - LogOf(width - count) - Logs[expected + 1] + Logs[(2 * rows) - expected + 1];
        for (var hit = 0; hit <= rows; hit++)
        {
            var odds = rest + Logs[(2 * hit) + 1] - Logs[(2 * (rows - hit)) + 1];
            classOf[hit] = (byte)Math.Clamp((odds >> 4) + Even, 0, Classes - 1);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            Compare(classes);
        }
        else
        {
            LookUp(classes);
        }

        classes[width..].Fill(byte.MaxValue);
        return (classOf[0], classOf[rows]);
    }

    /// <summary>Updates the model with a row.</summary>
    /// <param name="columns">The row's positions.</param>
    public void Learn(ReadOnlySpan<int> columns)
    {
        foreach (var column in columns)
        {
            hits[column]++;
        }

        (rows, total) = (rows + 1, total + columns.Length);
        if (rows == MaxRows)
        {
            // Old rows count half, because adjacent rows are more alike.
            for (var column = 0; column < width; column++)
            {
                hits[column] >>= 1;
            }

            (rows, total) = (rows >> 1, total >> 1);
        }
    }

    /// <summary>The number of elements that <see cref="Classify"/> fills: whole words.</summary>
    public static int Padded(int columns) => (columns + ClassSplit.Word - 1) & -ClassSplit.Word;

    // Odds grow with the hits, so an element's class is the number of thresholds that its hits reach. Comparing 64 elements at once is
    // faster than one table lookup per element.
    private void Compare(Span<byte> classes)
    {
        var steps = 0;
        for (var hit = 1; hit <= rows; hit++)
        {
            for (var step = classOf[hit - 1]; step < classOf[hit]; step++)
            {
                floors[steps++] = (byte)hit;
            }
        }

        ref var from = ref MemoryMarshal.GetArrayDataReference(hits);
        ref var to = ref MemoryMarshal.GetReference(classes);
        ref var floor = ref MemoryMarshal.GetArrayDataReference(floors);
        for (var column = 0; column < classes.Length; column += 2 * Vector256<byte>.Count)
        {
            var (left, right) = (Vector256.LoadUnsafe(ref from, (nuint)column), Vector256.LoadUnsafe(ref from, (nuint)column + 32));
            var (ofLeft, ofRight) = (Vector256.Create(classOf[0]), Vector256.Create(classOf[0]));
            for (var step = 0; step < steps; step++)
            {
                var least = Vector256.Create(Unsafe.Add(ref floor, step));
                ofLeft -= Vector256.Equals(Vector256.Max(left, least), left);
                ofRight -= Vector256.Equals(Vector256.Max(right, least), right);
            }

            ofLeft.StoreUnsafe(ref to, (nuint)column);
            ofRight.StoreUnsafe(ref to, (nuint)column + 32);
        }
    }

    /// <summary>The classes of the last row again, for machines without such vectors.</summary>
    internal void LookUp(Span<byte> classes)
    {
        for (var column = 0; column < width; column++)
        {
            classes[column] = classOf[hits[column]];
        }
    }

    // Sixteenths of an octave of any number; larger ones are halved into the table.
    private static int LogOf(int number)
    {
        var halves = Math.Max(0, 32 - BitOperations.LeadingZeroCount((uint)number) - 9);
        return Logs[number >> halves] + (16 * halves);
    }
}
