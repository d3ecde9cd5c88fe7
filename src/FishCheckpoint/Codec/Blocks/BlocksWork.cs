using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>Encodes the blocks of one delta: collects them here, encodes and checks them on all cores, and appends them in order.</summary>
internal sealed class BlocksWork : IDisposable
{
    private readonly Layout layout;
    private readonly IBlockReader parent;
    private readonly CodecEffort effort;
    private readonly FrameWriter frame;
    private readonly OrderedPipeline<BlockScratch> pipeline;
    private BlockScratch? current;

    /// <param name="layout">The layout that positions refer to.</param>
    /// <param name="parent">The parent state, read by the calling thread.</param>
    /// <param name="effort">The effort to make blocks small.</param>
    /// <param name="frame">The frame for the blocks.</param>
    public BlocksWork(Layout layout, IBlockReader parent, CodecEffort effort, FrameWriter frame)
    {
        (this.layout, this.parent, this.effort, this.frame) = (layout, parent, effort, frame);
        pipeline = new OrderedPipeline<BlockScratch>(Encode, Append, waiting: 1);
    }

    /// <summary>The number of bytes so far that encode positions.</summary>
    public long PositionBytes { get; private set; }

    /// <summary>Adds a chunk and copies its content.</summary>
    public void Add(DeltaChunk chunk)
    {
        var unit = chunk.UnitSize;
        var perBlock = Blocks.Size / unit;
        for (var start = 0; start < chunk.Count;)
        {
            var of = chunk.Positions[start] / perBlock;
            if (current is null || chunk.Tensor != current.Tensor || of != current.Block)
            {
                Flush();
                current = pipeline.Take();
                (current.Tensor, current.Block, current.Count) = (chunk.Tensor, of, 0);
            }

            var (positions, count, origin, end) = (current.PositionsFor(Blocks.Size), current.Count, of * perBlock, start);
            for (var limit = origin + perBlock; end < chunk.Count && chunk.Positions[end] < limit; end++)
            {
                positions[count + end - start] = (int)(chunk.Positions[end] - origin);
            }

            chunk.Values[(start * unit)..(end * unit)].CopyTo(current.After.AsSpan(count * unit));
            (current.Count, start) = (count + end - start, end);
        }
    }

    /// <summary>Waits until all blocks are in the frame.</summary>
    public void Finish()
    {
        Flush();
        pipeline.Finish();
    }

    /// <inheritdoc/>
    public void Dispose() => pipeline.Dispose();

    private void Flush()
    {
        if (current is { } block)
        {
            current = null;
            parent.ReadBlock(block.Tensor, block.Block, block.Before.AsSpan(0, Blocks.LengthOf(layout.Tensors[block.Tensor], block.Block)));
            pipeline.Submit(block);
        }
    }

    private void Encode(BlockScratch block)
    {
        var info = layout.Tensors[block.Tensor];
        var before = block.Before.AsSpan(0, Blocks.LengthOf(info, block.Block));
        var positions = block.PositionsFor(block.Count).AsSpan(0, block.Count);
        var changed = block.After.AsSpan(0, block.Count * info.UnitSize);
        block.Length = block.Coder.Encode(info.Type, before, positions, changed, effort, block.Room, out var positionLength,
            BlockRows.Of(info, block.Block));
        block.PositionLength = positionLength;

        // Decodes the block again and compares it.
        var again = block.Again(block.Count);
        block.Coder.Decode(block.Room.AsSpan(0, block.Length), info.Type, before, again);
        var taken = block.Encoded.AsSpan(0, changed.Length);
        Units.Gather(before, again, info.UnitSize, taken);
        if (!again.SequenceEqual(positions) || !changed.SequenceEqual(taken))
        {
            throw DeltaEncoder.NotTheSame();
        }
    }

    private void Append(BlockScratch block)
    {
        frame.Append(block.Tensor, block.Count, block.Block, block.Block, block.Room.AsSpan(0, block.Length));
        PositionBytes += block.PositionLength;
    }
}
