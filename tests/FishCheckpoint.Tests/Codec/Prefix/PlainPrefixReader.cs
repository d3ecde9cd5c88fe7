using System.Buffers.Binary;

namespace FishCheckpoint.Tests.Codec.Prefix;

/// <summary>
/// Reads prefix codes bit by bit, as docs/reference/format/values.md tells it and as slowly: what the fast reader is held against.
/// </summary>
internal static class PlainPrefixReader
{
    public static uint[] Read(byte[] bytes, int count)
    {
        var lengths = Enumerable.Range(0, bytes[0] + 1).Select(symbol => (bytes[1 + (symbol / 2)] >> (4 * (symbol % 2))) & 15).ToArray();
        var codes = CodesOf(lengths);
        var at = 1 + (bytes[0] / 2) + 1;
        var sizes = Enumerable.Range(0, 3)
            .Select(stream => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + (4 * stream)))).ToArray();
        at += 12;
        var streams = new Queue<bool>[4];
        for (var stream = 0; stream < 4; stream++)
        {
            var size = stream < 3 ? sizes[stream] : bytes.Length - at;
            streams[stream] = new Queue<bool>(
                bytes.AsSpan(at, size).ToArray().SelectMany(value => Enumerable.Range(0, 8).Select(bit => (value >> bit & 1) == 1)));
            at += size;
        }

        var numbers = Enumerable.Range(0, count).Select(index => ReadOne(streams[index % 4], codes)).ToArray();
        Xunit.Assert.All(streams, stream => Xunit.Assert.True(stream.Count < 8 && stream.All(bit => !bit)));
        return numbers;
    }

    // Counts up, shorter codes first, and doubles from each length to the next.
    private static Dictionary<string, int> CodesOf(int[] lengths)
    {
        var (codes, code) = (new Dictionary<string, int>(StringComparer.Ordinal), 0);
        for (var length = 1; length <= 10; length++, code *= 2)
        {
            for (var symbol = 0; symbol < lengths.Length; symbol++)
            {
                if (lengths[symbol] == length)
                {
                    codes.Add(Convert.ToString(code++, 2).PadLeft(length, '0'), symbol);
                }
            }
        }

        return codes;
    }

    private static uint ReadOne(Queue<bool> bits, Dictionary<string, int> codes)
    {
        var code = "";
        int symbol;
        do
        {
            code += bits.Dequeue() ? '1' : '0';
        }
        while (!codes.TryGetValue(code, out symbol));

        if (symbol < 16)
        {
            return (uint)symbol;
        }

        var (highest, plain) = (4 + ((symbol - 16) / 2), 0u);
        for (var bit = 0; bit < highest - 1; bit++)
        {
            plain |= (bits.Dequeue() ? 1u : 0) << bit;
        }

        return ((2u + (uint)(symbol % 2)) << (highest - 1)) | plain;
    }
}
