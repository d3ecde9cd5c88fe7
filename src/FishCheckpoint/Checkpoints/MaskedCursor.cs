using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// Applies a delta of a mask and values to blocks. It keeps one decoded chunk, so that ascending blocks decode each chunk once.
/// </summary>
internal sealed class MaskedCursor : DeltaCursor
{
    private readonly IFrame maskFrame;
    private readonly Layout layout;
    private readonly ChunkEntry[] mask;
    private readonly ValueFrames values;
    private Decoded? decoded;
    private int loaded = -1;
    private ValueMap map;

    /// <summary>Reads the indexes of a delta's frames.</summary>
    /// <param name="mask">The mask's frame.</param>
    /// <param name="values">The values' frame, preceded by the frames that it is predicted from.</param>
    /// <param name="layout">The layout that positions refer to.</param>
    /// <param name="label">The checkpoint for error messages, such as <c>task/120</c>.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptCheckpoint"/>.</exception>
    public MaskedCursor(IFrame mask, IReadOnlyList<IFrame> values, Layout layout, string label)
        : base(label)
    {
        (maskFrame, this.layout) = (mask, layout);
        try
        {
            var head = FrameHead.Parse(mask.Head);
            this.mask = ChunkIndex.ReadMask(mask, head, layout);
            this.values = new ValueFrames(values, head, this.mask);
        }
        catch (FishException error) when (error.Kind != ErrorKind.Unavailable)
        {
            throw Damaged(error);
        }
    }

    /// <inheritdoc/>
    public override bool Touches(int tensor, long block)
    {
        var (first, end) = RangeOf(tensor, block);
        var chunk = FirstChunk(tensor, first);
        return chunk < mask.Length && mask[chunk].Tensor == tensor && mask[chunk].First < end;
    }

    /// <inheritdoc/>
    public override void Apply(int tensor, long block, Span<byte> state)
    {
        var (first, end) = RangeOf(tensor, block);
        for (var chunk = FirstChunk(tensor, first); chunk < mask.Length && mask[chunk].Tensor == tensor && mask[chunk].First < end; chunk++)
        {
            Load(chunk);
            var all = decoded!.Positions.AsSpan(0, mask[chunk].Count);
            var (from, to) = (LowerBound(all, first), LowerBound(all, end));
            var info = layout.Tensors[tensor];
            ValueMaps.Apply(map, info.Type, state, all[from..to], first,
                decoded.Mapped.AsSpan(from * info.UnitSize, (to - from) * info.UnitSize));
        }
    }

    private (long First, long End) RangeOf(int tensor, long block)
    {
        var perBlock = Blocks.Size / layout.Tensors[tensor].UnitSize;
        return (block * perBlock, (block + 1) * perBlock);
    }

    // The first chunk that ends at or after a position: usually the current or the next one, since blocks ascend.
    private int FirstChunk(int tensor, long position)
    {
        var (low, high) = (0, mask.Length);
        if (loaded >= 0 && Ends(mask[loaded]))
        {
            low = loaded + 1;
            if (low < high && !Ends(mask[low]))
            {
                return low;
            }
        }

        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Ends(mask[middle]))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;

        bool Ends(ChunkEntry entry) => entry.Tensor < tensor || (entry.Tensor == tensor && entry.Last < position);
    }

    private static int LowerBound(ReadOnlySpan<long> sorted, long value)
    {
        var found = sorted.BinarySearch(value);
        return found >= 0 ? found : ~found;
    }

    private void Load(int chunk)
    {
        if (loaded == chunk)
        {
            return;
        }

        var buffers = CodingBuffers.Rent();
        try
        {
            loaded = -1;
            var (entry, info) = (mask[chunk], layout.Tensors[mask[chunk].Tensor]);
            decoded ??= new Decoded(mask.Max(each => each.Count), mask.Max(each => each.Count * layout.Tensors[each.Tensor].UnitSize));
            buffers.Coder.DecodePositions(
                ChunkIndex.ReadChunk(maskFrame, entry, buffers.Encoded), entry.First, entry.Last, decoded.Positions.AsSpan(0, entry.Count));
            map = values.Read(buffers.Coder, buffers.Encoded, chunk, info.Type, decoded.Mapped.AsSpan(0, entry.Count * info.UnitSize));
            loaded = chunk;
        }
        catch (FishException error) when (error.Kind != ErrorKind.Unavailable)
        {
            throw Damaged(error);
        }
        finally
        {
            buffers.Return();
        }
    }

    // A decoded chunk, allocated on first use: a request for one tensor may need none. Every delta of a chain has one, so it is no larger
    // than the delta's chunks; decoding buffers are shared.
    private sealed class Decoded(int positions, int bytes)
    {
        public long[] Positions { get; } = new long[positions];

        public byte[] Mapped { get; } = new byte[bytes];
    }
}
