using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>Encodes the chunks of one delta into its frames.</summary>
internal sealed class DeltaWork : IDisposable
{
    private readonly ValueMap map;
    private readonly FrameWriter? mask;
    private readonly FrameWriter values;
    private readonly EarlierValues? earlier;
    private readonly ParentValues? parent;
    private readonly OrderedPipeline<CodingBuffers> pipeline;
    private long taken;

    /// <param name="layout">The layout of the chunks.</param>
    /// <param name="options">Effort and compression.</param>
    /// <param name="mapped">Whether to store values as differences to their parent's.</param>
    /// <param name="parent">The parent's values, unless chunks contain them.</param>
    /// <param name="mask">The frame for positions, if they are encoded.</param>
    /// <param name="values">The frame for values.</param>
    /// <param name="earlier">The values to predict from, if any.</param>
    public DeltaWork(Layout layout, CodecOptions options, bool mapped, IBlockReader? parent, FrameWriter? mask, FrameWriter values,
        EarlierValues? earlier)
    {
        map = !mapped ? ValueMap.Plain : options.Effort == CodecEffort.Runs ? ValueMap.Xor : ValueMap.Distance;
        (this.mask, this.values, this.earlier) = (mask, values, earlier);
        this.parent = parent is null ? null : new ParentValues(parent);
        pipeline = new OrderedPipeline<CodingBuffers>(new ChunkEncoder(layout, options, mask is not null, earlier).Encode, Append,
            waiting: 2);
    }

    /// <summary>Returns buffers for a chunk.</summary>
    public CodingBuffers Take() => pipeline.Take();

    /// <summary>Encodes a filled chunk from <see cref="Take"/>.</summary>
    public void Add(CodingBuffers buffers)
    {
        var length = buffers.Chunk.Values.Length;
        if (earlier is not null)
        {
            buffers.Offset = earlier.Last.Length - taken >= length
                ? (int)taken : throw new ArgumentException("The earlier values belong to another mask.", nameof(buffers));
            taken += length;
        }
        else
        {
            TakeParent(buffers);
        }

        pipeline.Submit(buffers);
    }

    /// <summary>Waits until all chunks are in their frames.</summary>
    public void Finish() => pipeline.Finish();

    /// <inheritdoc/>
    public void Dispose() => pipeline.Dispose();

    private void TakeParent(CodingBuffers buffers)
    {
        buffers.Map = map;
        if (map == ValueMap.Plain)
        {
            return;
        }

        var chunk = buffers.Chunk;
        var others = buffers.Parent.AsSpan(0, chunk.Values.Length);
        if (chunk.HasParentValues)
        {
            chunk.ParentValues.CopyTo(others);
        }
        else
        {
            (parent ?? throw new InvalidOperationException("The chunks do not contain their parent's values."))
                .Gather(chunk.Tensor, chunk.Positions, others);
        }
    }

    private void Append(CodingBuffers buffers)
    {
        var chunk = buffers.Chunk;
        var (first, last) = (chunk.Positions[0], chunk.Positions[^1]);
        mask?.Append(chunk.Tensor, chunk.Count, first, last, buffers.EncodedPositions.AsSpan(0, buffers.PositionsLength));
        values.Append(chunk.Tensor, chunk.Count, first, last, buffers.Encoded.AsSpan(0, buffers.ValuesLength));
    }
}
