using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>Applies a delta in the blocks format: decodes each block from the parent's block.</summary>
internal sealed class BlockCursor : DeltaCursor
{
    private readonly IFrame frame;
    private readonly Layout layout;
    private readonly ChunkEntry[] entries;

    /// <summary>Reads the frame's index.</summary>
    public BlockCursor(IFrame frame, Layout layout, string label)
        : base(label)
    {
        (this.frame, this.layout) = (frame, layout);
        try
        {
            entries = ChunkIndex.ReadBlocks(frame, FrameHead.Parse(frame.Head), layout);
        }
        catch (FishException error) when (error.Kind != ErrorKind.Unavailable)
        {
            throw Damaged(error);
        }
    }

    /// <inheritdoc/>
    public override bool Touches(int tensor, long block) => Find(tensor, block) >= 0;

    /// <inheritdoc/>
    public override void Apply(int tensor, long block, Span<byte> state)
    {
        if (Find(tensor, block) is var found && found < 0)
        {
            return;
        }

        var scratch = BlockScratch.Rent();
        try
        {
            var entry = entries[found];
            var encoded = ChunkIndex.ReadChunk(frame, entry, scratch.Encoded);
            scratch.Coder.Decode(encoded, layout.Tensors[tensor].Type, state, scratch.PositionsFor(entry.Count).AsSpan(0, entry.Count));
        }
        catch (FishException error) when (error.Kind != ErrorKind.Unavailable)
        {
            throw Damaged(error);
        }
        finally
        {
            scratch.Return();
        }
    }

    private int Find(int tensor, long block)
    {
        var (low, high) = (0, entries.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = entries[middle].Tensor != tensor ? entries[middle].Tensor.CompareTo(tensor)
                : entries[middle].First.CompareTo(block);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }
}
