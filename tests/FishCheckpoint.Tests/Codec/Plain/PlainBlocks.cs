namespace PlainFormat;

/// <summary>A chunk of blocks, given the parent's block (B1 to B10).</summary>
internal static class PlainBlocks
{
    private const int None = -1;

    /// <summary>Reads the form of the values, the positions in the block, and their new values.</summary>
    public static (int Form, List<long> Positions, ulong[] Values) Read(PlainEntry entry, PlainTensor tensor, ulong[] parent)
    {
        var source = new PlainBytes(entry.Bytes);
        var (form, first, classes) = (source.Byte(), source.Byte(), source.Byte());
        RefusedException.Unless(form <= 5 && classes is >= 1 and <= 24);
        int[] of = [.. parent.Select(value => ClassOf(tensor.DType, value, first, classes))];
        if (form == 5)
        {
            LeaveOutRows(source, of);
        }

        var positions = form switch
        {
            0 => [.. Enumerable.Range(0, parent.Length).Select(unit => (long)unit)],
            1 => Merge(of, PlainPositions.ReadClassLists(source, classes, parent.Length)),
            2 => ReadGaps(source, entry.Count),
            3 => ReadByDensity(source, of, classes, entry.Count),
            _ => ReadByRate(source, of, classes, entry.Count),
        };
        RefusedException.Unless(positions.Count == entry.Count && positions[^1] < parent.Length);
        ulong[] old = [.. positions.Select(position => parent[position])];
        var valueForm = source.Byte();
        var values = ReadValues(valueForm, source, tensor, positions, old, [.. positions.Select(position => of[position])], classes);
        RefusedException.Unless(source.Left == 0);
        return (valueForm, positions, values);
    }

    /// <summary>The class of a unit by its exponent (B1).</summary>
    public static int ClassOf(string type, ulong value, int first, int classes)
    {
        var (lowest, width) = type switch
        {
            "F8_E5M2" or "F8_E5M2FNUZ" => (2, 5), "F8_E4M3" or "F8_E4M3FNUZ" => (3, 4), "F16" => (10, 5), "BF16" => (7, 8),
            "F32" => (23, 8), "F64" => (52, 11), _ => (0, 0),
        };
        var exponent = (int)((value >> lowest) & ((1UL << width) - 1));
        exponent = type == "F64" ? Math.Min(Math.Max(exponent - 831, 0), 255) : exponent;
        return Math.Min(Math.Max(exponent - first, 0), classes - 1);
    }

    private static List<long> Merge(int[] of, Func<long, bool>[] bitOf)
    {
        var (places, positions) = (new long[bitOf.Length], new List<long>());
        for (var unit = 0; unit < of.Length; unit++)
        {
            if (of[unit] != None && bitOf[of[unit]](places[of[unit]]++))
            {
                positions.Add(unit);
            }
        }

        return positions;
    }

    private static List<long> ReadGaps(PlainBytes source, int count)
    {
        var (positions, following) = (new List<long>(), 0L);
        foreach (var gap in PlainMagnitudes.ReadUnsigned(source, 1, new int[count]))
        {
            positions.Add(following + (long)gap);
            following = positions[^1] + 1;
        }

        return positions;
    }

    private static List<long> ReadByDensity(PlainBytes source, int[] of, int classes, int count)
    {
        var (bits, bitOf, expected, left) = (new PlainBits(source), new Func<long, bool>[classes], 0, (long)count);
        for (var each = 0; each < classes; each++)
        {
            var size = of.Count(unit => unit == each);
            int density, parameter;
            List<long> listed;
            if (each < classes - 1)
            {
                density = expected + ReadDifference(bits);
                RefusedException.Unless(density is >= -72 and <= 71);
                parameter = density >= 0 ? density : -1 - density;
                listed = parameter == 71 ? [] : bits.ListToEnd(parameter, size);
            }
            else
            {
                RefusedException.Unless(left >= 0 && left <= size);
                var rarer = Math.Min(left, size - left);
                parameter = rarer > 0 ? PlainBits.ParameterFor(rarer, size) : 71;
                density = left > size / 2 ? -1 - parameter : parameter;
                listed = rarer > 0 ? bits.List(rarer, parameter, size) : [];
            }

            left -= density < 0 ? size - listed.Count : listed.Count;
            bitOf[each] = PlainPositions.Bits(listed, density < 0);
            expected = parameter == 71 ? density : Math.Min(density + 4, 71);
        }

        bits.End();
        return Merge(of, bitOf);
    }

    private static List<long> ReadByRate(PlainBytes source, int[] of, int classes, int count)
    {
        var (bits, bitOf, expected, left) = (new PlainBits(source), new Func<long, bool>[classes], 0, (long)count);
        Words? words = null;
        for (var each = 0; each < classes; each++)
        {
            var size = of.Count(unit => unit == each);
            var (last, place) = (each == classes - 1, 0);
            if (last)
            {
                RefusedException.Unless(left >= 0 && left <= size);
                place = PlaceFor(left, size);
            }
            else
            {
                place = expected + ReadDifference(bits);
                RefusedException.Unless(place is >= -85 and <= 84);
            }

            var index = place >= 0 ? place : -1 - place;
            words = index < 25 && words is null ? new Words(bits) : words;
            var listed = index < 25 ? words!.Read(index, size) : index == 84 ? []
                : last ? bits.List(Math.Min(left, size - left), index - 13, size) : bits.ListToEnd(index - 13, size);
            left -= place < 0 ? size - listed.Count : listed.Count;
            bitOf[each] = PlainPositions.Bits(listed, place < 0);
            expected = index == 84 ? place : Math.Min(place < 0 ? place + 8 : place + 4 + (Math.Max(0, 25 - place) / 3), 84);
        }

        bits.End();
        return Merge(of, bitOf);
    }

    // Of the last class.
    private static int PlaceFor(long changed, int size)
    {
        var (rarer, index) = (Math.Min(changed, size - changed), 84);
        if (rarer > 0)
        {
            var level = 0L;
            while (level < 31 && RateAt((2 * level) + 2) <= rarer * 65536 / size)
            {
                level++;
            }

            index = level > 6 ? 31 - (int)level : 25 + Math.Max(0, PlainBits.ParameterFor(rarer, size) - 12);
        }

        return changed > size / 2 ? -1 - index : index;
    }

    private static long RateAt(long even) => even * even * (384 - (2 * even)) / 32;

    private static int ReadDifference(PlainBits bits)
    {
        var upper = bits.GammaFrom0();
        return (int)PlainNumbers.Unzigzag((2 * (ulong)upper) + bits.Read(1));
    }

    private static void LeaveOutRows(PlainBytes source, int[] of)
    {
        var (length, before) = (source.Varint(), source.Varint());
        RefusedException.Unless(length is >= 1 and <= int.MaxValue && before < length);
        var bits = new PlainBits(source);
        var parameter = bits.Small(7);
        RefusedException.Unless(parameter < PlainBits.Parameters.Length);
        var rows = bits.ListToEnd(parameter, ((before + of.Length - 1) / length) + 1).ToHashSet();
        bits.End();
        for (var unit = 0; unit < of.Length; unit++)
        {
            of[unit] = rows.Contains((before + unit) / length) ? of[unit] : None;
        }
    }

    private static ulong[] ReadValues(
        int form, PlainBytes source, PlainTensor tensor, List<long> positions, ulong[] old, int[] of, int classes)
    {
        RefusedException.Unless(form <= 4);
        if (form is 0 or 2)
        {
            return form == 2 ? PlainUnits.Read(source, tensor, old.Length) : [.. old.Select(_ => source.Number(tensor.Unit))];
        }

        var distances = form switch
        {
            1 => PlainMagnitudes.ReadSigned(source, classes, of),
            3 => ReadFew(source, old.Length),
            _ => ReadWithSigns(source, positions, of, classes),
        };
        return [.. old.Zip(distances, (value, distance) => PlainValues.Moved(tensor, value, distance))];
    }

    private static long[] ReadFew(PlainBytes source, int count)
    {
        var (bits, distances) = (new PlainBits(source), new long[count]);
        for (var index = 0; index < count; index++)
        {
            distances[index] = (long)bits.Gamma();
            distances[index] = bits.Small(1) == 1 ? -distances[index] : distances[index];
        }

        bits.End();
        return distances;
    }

    private static long[] ReadWithSigns(PlainBytes source, List<long> positions, int[] of, int classes)
    {
        var (length, before) = (source.Varint(), source.Varint());
        RefusedException.Unless(length >= 1 && before < length);
        var bits = new PlainBits(source);
        var classOf = positions.GroupBy(position => (before + position) / length)
            .ToDictionary(row => row.Key, row => row.Count() >= 8 ? bits.Small(3) : 8);
        bits.End();
        var signs = PlainMagnitudes.ReadUnsigned(source, 9, [.. positions.Select(position => classOf[(before + position) / length])]);
        RefusedException.Unless(signs.Max() <= 1);
        var numbers = PlainMagnitudes.ReadUnsigned(source, classes, of);
        return [.. numbers.Zip(signs, (number, sign) => sign == 1 ? -(long)number : (long)number)];
    }

    /// <summary>Words of bits (B8).</summary>
    private sealed class Words(PlainBits bits)
    {
        private readonly int[] states = [bits.Small(11), bits.Small(11)];
        private int turn;

        public List<long> Read(int rate, int size)
        {
            var (one, width, places) = (PlainTable.Rates[31 - rate], rate <= 15 ? 6 : 4, new List<long>());
            var counts = new int[1 << width];
            for (var word = 1; word < counts.Length; word++)
            {
                var part = 1L << 26;
                for (var bit = 0; bit < width; bit++)
                {
                    part = (part * (((word >> bit) & 1) == 1 ? one : 65536 - one)) >> 16;
                }

                counts[word] = (int)Math.Max(1, (part + (1L << 14)) >> 15);
            }

            counts[0] = 2048 - counts.Sum();
            var table = new PlainTable(counts, 11);
            for (var start = 0; start < size; start += width)
            {
                var word = table.Step(bits, ref states[turn]);
                turn = 1 - turn;
                places.AddRange(Enumerable.Range(0, Math.Min(width, size - start))
                    .Where(bit => ((word >> bit) & 1) == 1).Select(bit => (long)start + bit));
            }

            return places;
        }
    }
}
