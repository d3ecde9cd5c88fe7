using System.Numerics;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Codec;

/// <summary>
/// Positions of a matrix row by row (docs/reference/format/values.md, "Rows"): the number of positions in each row, then one bit per
/// element of partially filled rows, coded by classes of likelihood. For masks that fill rows and columns unevenly, such as those from
/// gradient scores. Owns working memory.
/// </summary>
internal sealed class RowCoder
{
    // The most elements coded per position; for sparser rows, gaps are shorter.
    private const int MaxElements = 16;
    private const int MaxColumns = 1 << 20;
    private const int MaxSkipped = 1 << 16;

    private readonly RowModel model = new();
    private readonly ClassBits bits = new();
    private readonly ClassLists lists = new();
    private readonly PositionWords words = new();
    private byte[] classes = [];
    private int[] columns = [];

    /// <summary>Encodes positions if their rows are dense enough.</summary>
    /// <param name="positions">Ascending.</param>
    /// <param name="width">Elements per row.</param>
    /// <param name="budget">The most bytes.</param>
    /// <param name="destination">Space for 8 bytes per position.</param>
    /// <returns>Bytes written; 0 if the rows are too sparse or the budget is too small.</returns>
    public int TryEncode(ReadOnlySpan<long> positions, long width, double budget, Span<byte> destination)
    {
        if (width is < 2 or > MaxColumns || !Suit(positions, width, out var coded))
        {
            return 0;
        }

        Reserve((int)width);
        bits.Start(RowModel.Classes, coded * RowModel.Padded((int)width));
        model.Start((int)width);
        var length = Varint.Write(destination, (ulong)width);
        var writer = new BitWriter(destination[length..]);
        var row = positions[0] / width;
        for (var start = 0; start < positions.Length;)
        {
            var of = positions[start] / width;
            if (of - row > MaxSkipped)
            {
                return 0;
            }

            var found = Columns(positions[start..], of * width, (int)width);
            SymbolCounts.WriteNumber(ref writer, (int)(of - row));
            writer.Write((ulong)found.Length - 1, BitsOf((int)width));
            if (found.Length < width)
            {
                var (least, most) = model.Classify(found.Length, Row((int)width));
                bits.Add(words.Of(found, RowModel.Padded((int)width)), Row((int)width), least, most + 1);
            }

            model.Learn(found);
            (row, start) = (of, start + found.Length);
        }

        length += writer.Length;
        if (coded > 0)
        {
            length += lists.Write(bits, RowModel.Classes, destination[length..]);
        }

        return length <= budget ? length : 0;
    }

    /// <summary>Decodes positions: the inverse of <see cref="TryEncode"/>.</summary>
    /// <param name="source">The encoded bytes.</param>
    /// <param name="first">The first position.</param>
    /// <param name="last">The last position.</param>
    /// <param name="positions">Filled completely.</param>
    /// <returns>Whether the bytes are a valid encoding.</returns>
    public bool TryDecode(ReadOnlySpan<byte> source, long first, long last, Span<long> positions)
    {
        if (!Varint.TryRead(ref source, out var number) || number is < 2 or > MaxColumns)
        {
            return false;
        }

        var width = (int)number;
        var reader = new BitReader(source);
        if (!TryReadRows(ref reader, width, positions.Length, out var rows, out var coded))
        {
            return false;
        }

        source = source[reader.Length..];
        Reserve(width);
        if (coded > 0 && !lists.TryRead(ref source, bits, RowModel.Classes, coded * width))
        {
            return false;
        }

        model.Start(width);
        var (filled, row) = (0, first / width);
        foreach (var (skipped, count) in rows)
        {
            row += skipped;
            var found = ReadRow(width, count);
            if (found.Length != count)
            {
                return false;
            }

            model.Learn(found);
            foreach (var column in found)
            {
                positions[filled++] = (row * width) + column;
            }
        }

        return source.Length == 0 && positions[0] == first && positions[^1] == last;
    }

    private static int BitsOf(int width) => BitOperations.Log2((uint)width - 1) + 1;

    private static bool Suit(ReadOnlySpan<long> positions, long width, out int coded)
    {
        coded = 0;
        var most = (MaxElements * positions.Length) / width;
        for (var start = 0; start < positions.Length && coded <= most;)
        {
            var (end, count) = (((positions[start] / width) + 1) * width, 0);
            while (start + count < positions.Length && positions[start + count] < end)
            {
                count++;
            }

            (start, coded) = (start + count, coded + (count < width ? 1 : 0));
        }

        return coded <= most;
    }

    private static bool TryReadRows(ref BitReader reader, int width, int positions, out List<(int Skipped, int Count)> rows, out int coded)
    {
        (rows, coded) = ([], 0);
        var (wide, most) = (BitsOf(width), (long)MaxElements * positions / width);
        for (var rest = positions; rest > 0;)
        {
            var row = (Skipped: SymbolCounts.ReadNumber(ref reader), Count: (int)reader.Read(wide) + 1);
            coded += row.Count < width ? 1 : 0;
            if (row.Count > Math.Min(rest, width) || (row.Skipped == 0) != (rows.Count == 0) || coded > most || reader.Overrun)
            {
                return false;
            }

            rows.Add(row);
            rest -= row.Count;
        }

        return true;
    }

    private ReadOnlySpan<int> Columns(ReadOnlySpan<long> positions, long origin, int width)
    {
        var count = 0;
        for (; count < positions.Length && positions[count] - origin < width; count++)
        {
            columns[count] = (int)(positions[count] - origin);
        }

        return columns.AsSpan(0, count);
    }

    // Returns as many columns as were encoded, or none.
    private ReadOnlySpan<int> ReadRow(int width, int count)
    {
        var found = columns.AsSpan(0, count);
        if (count == width)
        {
            for (var column = 0; column < width; column++)
            {
                found[column] = column;
            }

            return found;
        }

        var (least, most) = model.Classify(count, Row(width));
        var (first, end) = (0, lists.Active.Length);
        while (first < end && lists.Active[first] < least)
        {
            first++;
        }

        while (end > first && lists.Active[end - 1] > most)
        {
            end--;
        }

        var merged = words.Of([], RowModel.Padded(width));
        bits.Merge(Row(width), lists.Active[first..end], lists.Inverted, merged);
        return PositionWords.TryExpand(merged, found) ? found : [];
    }

    private Span<byte> Row(int width) => classes.AsSpan(0, RowModel.Padded(width));

    private void Reserve(int width)
    {
        classes = classes.Length < RowModel.Padded(width) ? new byte[RowModel.Padded(width)] : classes;
        columns = columns.Length < width ? new int[width] : columns;
    }
}
