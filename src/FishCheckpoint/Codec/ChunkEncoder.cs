using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>Encodes single chunks and decodes each again to check it. Thread-safe if each thread has its own chunk.</summary>
/// <param name="layout">The layout of the chunks.</param>
/// <param name="options">Effort and compression.</param>
/// <param name="withPositions">Whether positions are encoded too.</param>
/// <param name="earlier">The values to predict from, if any.</param>
internal sealed class ChunkEncoder(Layout layout, CodecOptions options, bool withPositions, EarlierValues? earlier)
{
    // Enough to find the best prediction.
    private const int SampleBytes = 1 << 13;

    /// <summary>Encodes the chunk in the buffers.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>: the chunk did not decode to itself.</exception>
    public void Encode(CodingBuffers buffers)
    {
        buffers.PositionsLength = withPositions ? EncodePositions(buffers) : 0;
        buffers.ValuesLength = earlier is null ? EncodeValues(buffers) : EncodePredicted(buffers, earlier);
    }

    private int EncodePositions(CodingBuffers buffers)
    {
        var positions = buffers.Chunk.Positions;
        var length =
            buffers.Coder.EncodePositions(positions, options, buffers.EncodedPositions, layout.Tensors[buffers.Chunk.Tensor].RowLength);
        if (options.Prove)
        {
            var again = buffers.PositionsAgain.AsSpan(0, positions.Length);
            buffers.Coder.DecodePositions(buffers.EncodedPositions.AsSpan(0, length), positions[0], positions[^1], again);
            Require(again.SequenceEqual(positions));
        }

        return length;
    }

    private int EncodeValues(CodingBuffers buffers)
    {
        var (chunk, type) = (buffers.Chunk, layout.Tensors[buffers.Chunk.Tensor].Type);
        var others = buffers.Parent.AsSpan(0, chunk.Values.Length);
        var mapped = chunk.Values;
        if (buffers.Map != ValueMap.Plain)
        {
            mapped = buffers.Mapped.AsSpan(0, chunk.Values.Length);
            chunk.Values.CopyTo(mapped);
            ValueMaps.Map(buffers.Map, type, mapped, others);
        }

        var length = buffers.Coder.EncodeValues(buffers.Map, mapped, chunk.UnitSize, options, buffers.Encoded);
        if (options.Prove)
        {
            var again = buffers.MappedAgain.AsSpan(0, chunk.Values.Length);
            var map = buffers.Coder.DecodeValues(buffers.Encoded.AsSpan(0, length), chunk.UnitSize, again);
            if (map != ValueMap.Plain)
            {
                ValueMaps.Unmap(map, type, again, others, again);
            }

            Require(chunk.Values.SequenceEqual(again));
        }

        return length;
    }

    private int EncodePredicted(CodingBuffers buffers, EarlierValues known)
    {
        var values = buffers.Chunk.Values;
        var type = layout.Tensors[buffers.Chunk.Tensor].Type;
        var predicted = buffers.Parent.AsSpan(0, values.Length);
        var move = known.Before is null ? (byte)0 : Best(buffers, type, known);
        known.Predict(type, buffers.Offset, move, predicted);
        var length = buffers.Coder.EncodePredicted(type, move, predicted, values, options, buffers.Encoded);
        if (options.Prove)
        {
            var again = buffers.MappedAgain.AsSpan(0, values.Length);
            buffers.Coder.DecodePredicted(buffers.Encoded.AsSpan(0, length), type, predicted, again);
            Require(values.SequenceEqual(again));
        }

        return length;
    }

    // The extrapolation with the shortest distances in a sample of the values.
    private static byte Best(CodingBuffers buffers, DType type, EarlierValues known)
    {
        var values = buffers.Chunk.Values;
        var sample = values[..Math.Min(values.Length, SampleBytes)];
        var predicted = buffers.Mapped.AsSpan(0, sample.Length);
        var (best, fewest) = ((byte)0, long.MaxValue);
        foreach (var move in EarlierValues.Moves)
        {
            known.Predict(type, buffers.Offset, move, predicted);
            Ulp.Distances(type, predicted, sample, predicted);
            var bits = Ulp.Bits(type, predicted);
            (best, fewest) = bits < fewest ? (move, bits) : (best, fewest);
        }

        return best;
    }

    private static void Require(bool same)
    {
        if (!same)
        {
            throw DeltaEncoder.NotTheSame();
        }
    }
}
