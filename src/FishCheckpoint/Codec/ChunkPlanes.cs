using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Codec;

/// <summary>
/// Values of a chunk as byte planes, each a compressed span without its decoded length (docs/reference/format/values.md, "Byte planes").
/// Owns working memory; not thread-safe.
/// </summary>
/// <param name="raw">Space for the values of a full chunk.</param>
internal sealed class ChunkPlanes(byte[] raw)
{
    private readonly byte[] compressed = new byte[DeltaChunk.Capacity];

    /// <summary>Encodes values.</summary>
    /// <param name="mapped">The mapped values.</param>
    /// <param name="unitSize">Bytes per value.</param>
    /// <param name="options">Effort, and the compression of planes.</param>
    /// <param name="destination">Space for the mapped values and a few bytes per plane.</param>
    /// <returns>Bytes written.</returns>
    public int Encode(ReadOnlySpan<byte> mapped, int unitSize, CodecOptions options, Span<byte> destination)
    {
        BytePlanes.Split(mapped, unitSize, raw);
        var (length, count) = (0, mapped.Length / unitSize);
        for (var plane = 0; plane < unitSize; plane++)
        {
            length += Write(options, raw.AsSpan(plane * count, count), destination[length..]);
        }

        return length;
    }

    /// <summary>Decodes values: the inverse of <see cref="Encode"/>.</summary>
    /// <param name="source">The encoded bytes.</param>
    /// <param name="unitSize">Bytes per value.</param>
    /// <param name="mapped">Filled completely.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public void Decode(ReadOnlySpan<byte> source, int unitSize, Span<byte> mapped)
    {
        var count = mapped.Length / unitSize;
        for (var plane = 0; plane < unitSize; plane++)
        {
            CompressedSpan.Read(ref source, decodedLength: count, maxLength: count, raw.AsSpan(plane * count, count));
        }

        if (source.Length > 0)
        {
            throw CompressedSpan.Corrupt("The chunk has bytes after its last plane.");
        }

        BytePlanes.Join(raw.AsSpan(0, mapped.Length), unitSize, mapped);
    }

    // Copies planes that do not shrink only once.
    private int Write(CodecOptions options, ReadOnlySpan<byte> plane, Span<byte> destination)
    {
        var shrunk = options.Effort == CodecEffort.Runs
            ? Compressor.Compress(options.Values, options.Level, plane, compressed, out var written) != Compression.Stored
            : Compressor.TryCompressPlane(options.Values, options.Level, plane, compressed, out written);
        var run = shrunk ? compressed.AsSpan(0, written) : plane;
        destination[0] = (byte)(shrunk ? options.Values : Compression.Stored);
        var length = 1 + Varint.Write(destination[1..], (ulong)run.Length);
        run.CopyTo(destination[length..]);
        return length + run.Length;
    }
}
