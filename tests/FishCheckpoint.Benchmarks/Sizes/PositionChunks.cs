using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>
/// The chunks of a mask's frame, as bytes in memory: positions and nothing else, as they are for the encodings beside them. No head, index,
/// checksum or digest, and no second decoding.
/// </summary>
/// <param name="mask">The mask.</param>
/// <param name="effort">How much is done to make them small.</param>
internal sealed class PositionChunks(Mask mask, CodecEffort effort)
{
    private readonly ChunkCoder coder = new();
    private readonly CodecOptions options = new() { Effort = effort };
    private readonly byte[] room = new byte[ChunkCoder.MaxEncoded];
    private readonly List<int> lengths = [];

    /// <summary>Encodes all chunks, one after the other.</summary>
    public byte[] Encode()
    {
        var result = new MemoryStream();
        lengths.Clear();
        foreach (var (row, chunk) in Chunks())
        {
            var length = coder.EncodePositions(chunk.Span, options, room, row);
            result.Write(room, 0, length);
            lengths.Add(length);
        }

        return result.ToArray();
    }

    /// <summary>Decodes what <see cref="Encode"/> gave last, and compares.</summary>
    /// <exception cref="InvalidDataException">Other positions came back.</exception>
    public void Check(byte[] encoded)
    {
        var (begin, next) = (0, 0);
        foreach (var (_, chunk) in Chunks())
        {
            var found = new long[chunk.Length];
            coder.DecodePositions(encoded.AsSpan(begin, lengths[next]), chunk.Span[0], chunk.Span[^1], found);
            if (!chunk.Span.SequenceEqual(found))
            {
                throw new InvalidDataException("Other positions came back.");
            }

            begin += lengths[next++];
        }
    }

    private IEnumerable<(long Row, ReadOnlyMemory<long> Positions)> Chunks() =>
        from tensor in mask.Tensors
        from begin in Enumerable.Range(0, (tensor.Positions.Length + DeltaChunk.Capacity - 1) / DeltaChunk.Capacity)
        let first = begin * DeltaChunk.Capacity
        select (
            mask.Layout.Tensors[tensor.Tensor].RowLength,
            tensor.Positions.Slice(first, Math.Min(DeltaChunk.Capacity, tensor.Positions.Length - first)));
}
