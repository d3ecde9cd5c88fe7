using System.Buffers.Binary;
using FishCheckpoint.Deltas;

namespace FishCheckpoint.Codec;

/// <summary>
/// 32-bit numbers as a prefix code of their magnitudes, and plain bits (docs/reference/format/values.md, "Prefix codes"). Encodes and
/// decodes at several bytes per nanosecond, because each number costs one table lookup. Owns working memory; not thread-safe.
/// </summary>
internal sealed class PrefixCoder
{
    /// <summary>The fewest numbers that justify a table.</summary>
    public const int MinCount = 4096;

    // The lengths of all streams but the last.
    private const int StreamsHead = (PrefixStreams.Count - 1) * sizeof(int);

    private readonly SymbolSample sample = new();
    private readonly PrefixTable table = new();
    private readonly byte[] lengths = new byte[MagnitudePlaces.Symbols];
    private readonly byte[] symbols = new byte[DeltaChunk.Capacity];

    /// <summary>Encodes numbers if the code suits them.</summary>
    /// <param name="numbers">At most a chunk's numbers.</param>
    /// <param name="destination">Receives the encoding.</param>
    /// <returns>Bytes written; 0 if the encoding would be longer than the numbers or the destination, or if one symbol prevails.</returns>
    public int TryEncode(ReadOnlySpan<uint> numbers, Span<byte> destination)
    {
        if (numbers.Length is < MinCount or > DeltaChunk.Capacity)
        {
            return 0;
        }

        // No exact size is computed: a chunk's buffers have room for any encoding.
        var most = PrefixLengths.MaxBytes + StreamsHead + PrefixStreams.Slack + PrefixStreams.Count
            + ((numbers.Length * PrefixTable.MaxBits) / 8);
        var found = symbols.AsSpan(0, numbers.Length);
        var (least, greatest) = MagnitudePlaces.Find(numbers, found);
        if (most > destination.Length || !sample.TryCount(found, least, greatest))
        {
            return 0;
        }

        PrefixLengths.Choose(sample.Counts, lengths);
        var head = PrefixLengths.Write(lengths, destination);
        table.BuildEncoding(lengths);
        var written = head + StreamsHead;
        for (var stream = 0; stream < PrefixStreams.Count; stream++)
        {
            var length = PrefixStreams.Encode(numbers, found, stream, table, destination[written..]);
            written += length;
            if (stream < PrefixStreams.Count - 1)
            {
                BinaryPrimitives.WriteInt32LittleEndian(destination[(head + (stream * sizeof(int)))..], length);
            }
        }

        return written < numbers.Length * sizeof(uint) ? written : 0;
    }

    /// <summary>Decodes numbers: the inverse of <see cref="TryEncode"/>.</summary>
    /// <param name="source">Exactly the encoding.</param>
    /// <param name="numbers">Filled completely.</param>
    /// <returns>Whether this is a valid encoding of that many numbers.</returns>
    public bool TryDecode(ReadOnlySpan<byte> source, Span<uint> numbers)
    {
        var head = PrefixLengths.Read(source, lengths);
        if (head == 0 || source.Length - head < StreamsHead)
        {
            return false;
        }

        var streams = source[(head + StreamsHead)..];
        Span<int> lengthsOf = stackalloc int[PrefixStreams.Count];
        var left = streams.Length;
        for (var stream = 0; stream < PrefixStreams.Count - 1; stream++)
        {
            lengthsOf[stream] = BinaryPrimitives.ReadInt32LittleEndian(source[(head + (stream * sizeof(int)))..]);
            if ((uint)lengthsOf[stream] > (uint)left)
            {
                return false;
            }

            left -= lengthsOf[stream];
        }

        lengthsOf[^1] = left;
        table.BuildDecoding(lengths);
        return PrefixStreams.TryDecode(streams, lengthsOf, table, numbers);
    }
}
