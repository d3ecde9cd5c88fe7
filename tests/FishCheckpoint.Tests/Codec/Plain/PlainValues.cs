namespace PlainFormat;

/// <summary>The values of a chunk (V17 to V20).</summary>
internal static class PlainValues
{
    private static readonly string[] Floats = ["F8_E5M2", "F8_E4M3", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F16", "BF16", "F32", "F64"];

    /// <param name="data">The chunk.</param>
    /// <param name="tensor">Its tensor.</param>
    /// <param name="count">How many values it has.</param>
    /// <param name="parent">The parent's values at its positions, if they are known.</param>
    /// <param name="earlier">The values of the chunk in the earlier frames of its prediction chain, the oldest first.</param>
    public static ulong[] Read(byte[] data, PlainTensor tensor, int count, ulong[]? parent, List<ulong[]> earlier)
    {
        var (source, unit) = (new PlainBytes(data), tensor.Unit);
        var map = source.Byte();
        RefusedException.Unless(map <= 3 && (map == 3) == (earlier.Count > 0));
        RefusedException.Unless(map is 0 or 3 || parent is not null, "BASE_MISMATCH");
        ulong[] values;
        if (map < 2)
        {
            values = ReadPlanes(source, count, unit);
            values = map == 0 ? values : [.. values.Zip(parent!, (value, old) => value ^ old)];
        }
        else
        {
            var old = map == 2 ? parent! : Predict(tensor, source.Byte(), earlier);
            var distances = ReadDistances(source, tensor, old, classed: map == 3);
            values = [.. old.Zip(distances, (value, distance) => Moved(tensor, value, distance))];
        }

        RefusedException.Unless(source.Left == 0);
        return values;
    }

    /// <summary>The value that lies at a distance from another one.</summary>
    public static ulong Moved(PlainTensor tensor, ulong value, long distance) =>
        Place(tensor, PlainNumbers.Cut((long)Place(tensor, value) + distance, tensor.Bits));

    private static long[] ReadDistances(PlainBytes source, PlainTensor tensor, ulong[] old, bool classed)
    {
        var form = source.Byte();
        RefusedException.Unless(form <= 2 && (form != 2 || tensor.Unit == 4));
        if (form != 1)
        {
            var zigzags = form == 0 ? ReadPlanes(source, old.Length, tensor.Unit) : PlainPrefixes.Read(source, old.Length);
            return [.. zigzags.Select(PlainNumbers.Unzigzag)];
        }

        var (first, classes) = classed ? (source.Byte(), source.Byte()) : (0, 1);
        RefusedException.Unless(classes is >= 1 and <= 24);
        int[] of = [.. old.Select(value => PlainBlocks.ClassOf(tensor.DType, value, first, classes))];
        return PlainMagnitudes.ReadSigned(source, classes, of);
    }

    private static ulong[] ReadPlanes(PlainBytes source, int count, int unit)
    {
        var values = new ulong[count];
        for (var plane = 0; plane < unit; plane++)
        {
            var bytes = PlainFrame.ReadSpan(source, count);
            for (var index = 0; index < count; index++)
            {
                values[index] |= (ulong)bytes[index] << (8 * plane);
            }
        }

        return values;
    }

    private static ulong[] Predict(PlainTensor tensor, int move, List<ulong[]> earlier)
    {
        RefusedException.Unless(move <= 2);
        if (move == 0 || earlier.Count == 1)
        {
            return earlier[^1];
        }

        return [.. earlier[^2].Zip(earlier[^1], (a, b) =>
            Moved(tensor, b, PlainNumbers.Signed(Place(tensor, b) - Place(tensor, a), tensor.Bits) >> (3 - move)))];
    }

    // Its own inverse.
    private static ulong Place(PlainTensor tensor, ulong value)
    {
        var sign = 1UL << (tensor.Bits - 1);
        return Floats.Contains(tensor.DType) && (value & sign) != 0 ? value ^ (sign - 1) : value;
    }
}
