namespace PlainFormat;

/// <summary>Byte planes of units (B11) and byte symbols (B12).</summary>
internal static class PlainUnits
{
    public static ulong[] Read(PlainBytes source, PlainTensor tensor, int count)
    {
        var size = tensor.DType == "C64" ? 4 : tensor.Unit;
        byte[][] planes = [.. Enumerable.Range(0, size).Select(_ => ReadPlane(source, count * tensor.Unit / size))];
        var content = new PlainBytes(
            [.. Enumerable.Range(0, planes[0].Length).SelectMany(index => Word(tensor.DType, [.. planes.Select(plane => plane[index])]))]);
        return [.. Enumerable.Range(0, count).Select(_ => content.Number(tensor.Unit))];
    }

    private static byte[] Word(string type, byte[] bytes)
    {
        if (type is "F16" or "BF16" or "F32" or "F64" or "C64")
        {
            var word = new PlainBytes(bytes).Number(bytes.Length);
            word = (word >> 1) | ((word & 1) << ((8 * bytes.Length) - 1));
            return [.. Enumerable.Range(0, bytes.Length).Select(index => (byte)(word >> (8 * index)))];
        }

        return bytes;
    }

    private static byte[] ReadPlane(PlainBytes source, int length)
    {
        var form = source.Byte();
        RefusedException.Unless(form <= 5);
        return form switch
        {
            4 => ReadSymbols(source, length),
            5 => [.. Enumerable.Repeat(source.Take(1)[0], length)],
            _ => PlainFrame.Decompress(form, source.Take(form > 0 ? source.Varint() : length), length),
        };
    }

    private static byte[] ReadSymbols(PlainBytes source, int length)
    {
        var bits = new PlainBits(source);
        var log = bits.Small(4);
        RefusedException.Unless(log is >= 6 and <= 11);
        var table = new PlainTable(PlainTable.ByCounts(bits, log, 256), log);
        bits.End();
        long[] sizes = [source.Varint(), source.Varint()];
        PlainBits[] streams = [.. sizes.Select(size => new PlainBits(new PlainBytes(source.Take(size))))];
        var states = new int[8];
        for (var state = 0; state < 8; state++)
        {
            RefusedException.Unless(state % 4 > 0 || streams[state / 4].Zeros() <= 7);
            states[state] = streams[state / 4].Small(log);
        }

        var symbols = new byte[length];
        for (var index = 0; index < length; index++)
        {
            symbols[index] = (byte)table.Step(streams[index % 8 / 4], ref states[index % 8]);
        }

        RefusedException.Unless(streams.All(stream => stream.Left == 0) && states.All(state => state == 0));
        return symbols;
    }
}
