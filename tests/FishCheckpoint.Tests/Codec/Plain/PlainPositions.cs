namespace PlainFormat;

/// <summary>The positions of a mask's chunk (V14, V15), class lists (V6) and the classes of a row's units (V16).</summary>
internal static class PlainPositions
{
    public static List<long> Read(PlainEntry entry)
    {
        RefusedException.Unless(entry.Bytes.Length > 0 && entry.Bytes[0] <= 6);
        var (source, form) = (new PlainBytes(entry.Bytes), entry.Bytes[0]);
        var positions = form == 6 ? ReadRows(source, entry.First, entry.Count) : Sum(entry.First, ReadGaps(source, form, entry.Count - 1));
        RefusedException.Unless(source.Left == 0 && positions[0] == entry.First && positions[^1] == entry.Last);
        return positions;
    }

    /// <summary>Of each class, whether the bit of a place is 1.</summary>
    public static Func<long, bool>[] ReadClassLists(PlainBytes source, int classes, long limit)
    {
        var heads = new List<(long Count, bool Inverted, int Parameter)>();
        for (var of = 0; of < classes; of++)
        {
            var number = source.Varint();
            RefusedException.Unless(number / 2 <= limit);
            var parameter = number > 1 ? source.Byte() : 0;
            RefusedException.Unless(parameter < PlainBits.Parameters.Length);
            heads.Add((number / 2, number % 2 == 1, parameter));
        }

        var bits = new PlainBits(source);
        var lists = new List<Func<long, bool>>();
        foreach (var (count, inverted, parameter) in heads)
        {
            lists.Add(Bits(bits.List(count, parameter, limit), inverted));
        }

        bits.End();
        return [.. lists];
    }

    /// <summary>Whether the bit of a place is 1, of a list of the bits that are, or are not.</summary>
    public static Func<long, bool> Bits(List<long> listed, bool inverted)
    {
        var set = listed.ToHashSet();
        return place => set.Contains(place) != inverted;
    }

    private static List<long> ReadGaps(PlainBytes source, int form, int count)
    {
        var gaps = new List<long>();
        if (form < 4)
        {
            var span = new PlainBytes(PlainFrame.ReadSpan(source, 0, most: 10L * count));
            for (var index = 0; index < count; index++)
            {
                gaps.Add(span.Varint());
            }

            RefusedException.Unless(span.Left == 0);
            return gaps;
        }

        source.Take(1);
        var bits = new PlainBits(source);
        var stream = new PlainMagnitudes(bits, form == 5 ? 12 : 1);
        for (var index = 0; index < count; index++)
        {
            gaps.Add((long)stream.Next(form == 5 && index > 0 ? Math.Min(11, PlainNumbers.BitsOf((ulong)gaps[^1] + 1) - 1) : 0));
        }

        bits.End();
        return gaps;
    }

    private static List<long> Sum(long first, List<long> gaps)
    {
        List<long> positions = [first];
        foreach (var gap in gaps)
        {
            positions.Add(positions[^1] + gap + 1);
        }

        return positions;
    }

    private static List<long> ReadRows(PlainBytes source, long first, int count)
    {
        source.Take(1);
        var width = (int)source.Varint();
        RefusedException.Unless(width is >= 2 and <= 1 << 20);
        var (bits, rows) = (new PlainBits(source), new List<(int Skipped, int Size)>());
        for (var left = count; left > 0; left -= rows[^1].Size)
        {
            var skipped = bits.GammaFrom0();
            var size = bits.Small(PlainNumbers.BitsOf((ulong)width - 1)) + 1;
            RefusedException.Unless(size <= Math.Min(left, width) && (skipped == 0) == (rows.Count == 0));
            rows.Add((skipped, size));
        }

        bits.End();
        var partial = rows.Count(row => row.Size < width);
        RefusedException.Unless(partial <= 16L * count / width);
        var bitOf = partial > 0 ? ReadClassLists(source, 24, (long)partial * width) : [];
        var (model, places, positions, of) = (new RowModel(width), new long[24], new List<long>(), first / width);
        foreach (var (skipped, size) in rows)
        {
            of += skipped;
            List<int> columns = size == width ? [.. Enumerable.Range(0, width)] : [];
            if (size < width)
            {
                var classes = model.Classes(size);
                columns = [.. Enumerable.Range(0, width).Where(column => bitOf[classes[column]](places[classes[column]]++))];
            }

            RefusedException.Unless(columns.Count == size);
            model.Learn(columns);
            positions.AddRange(columns.Select(column => (of * width) + column));
        }

        return positions;
    }

    private sealed class RowModel(int width)
    {
        private readonly int[] hits = new int[width];
        private int rows;
        private long total;

        public int[] Classes(int size)
        {
            var expected = (int)(2 * total / width);
            var row = PlainNumbers.Log16OfNineBits(size) - PlainNumbers.Log16OfNineBits(width - size)
                - PlainNumbers.Log16(expected + 1) + PlainNumbers.Log16((2 * rows) - expected + 1);
            int[] ofHits = [.. Enumerable.Range(0, rows + 1)
                .Select(hit => row + PlainNumbers.Log16((2 * hit) + 1) - PlainNumbers.Log16((2 * (rows - hit)) + 1))
                .Select(odds => Math.Min(Math.Max((odds >> 4) + 12, 0), 23))];
            return [.. hits.Select(hit => ofHits[hit])];
        }

        public void Learn(List<int> columns)
        {
            columns.ForEach(column => hits[column]++);
            (rows, total) = (rows + 1, total + columns.Count);
            if (rows == 255)
            {
                (rows, total) = (rows / 2, total / 2);
                for (var column = 0; column < width; column++)
                {
                    hits[column] /= 2;
                }
            }
        }
    }
}
