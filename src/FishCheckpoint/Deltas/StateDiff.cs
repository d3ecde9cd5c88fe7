using FishCheckpoint.Tensors;

namespace FishCheckpoint.Deltas;

/// <summary>The delta between two full states, streamed block by block and compared bitwise.</summary>
internal sealed class StateDiff : IDeltaReader
{
    private readonly IBlockReader from;
    private readonly IBlockReader to;
    private readonly int[] targets;
    private readonly Func<int, long, bool>? mayDiffer;
    private readonly byte[] fromBytes = new byte[Blocks.Size];
    private readonly byte[] toBytes = new byte[Blocks.Size];
    private readonly int[] found = new int[Blocks.Size];
    private int tensor;
    private long block = -1;
    private int count;
    private int next;

    /// <summary>Prepares the comparison without reading.</summary>
    /// <param name="from">The parent state; the delta uses its layout.</param>
    /// <param name="to">The new state: the same tensors, in any order.</param>
    /// <param name="mayDiffer">Whether a block (tensor of <paramref name="from"/>, block number) can differ; other blocks are
    /// skipped.</param>
    /// <exception cref="ArgumentException">The new state has no tensor of the name, or its size or unit differs.</exception>
    public StateDiff(IBlockReader from, IBlockReader to, Func<int, long, bool>? mayDiffer = null)
    {
        (this.from, this.to, this.mayDiffer) = (from, to, mayDiffer);
        targets = [.. from.Layout.Tensors.Select(info => IndexOf(info, to.Layout))];
    }

    /// <inheritdoc/>
    public Layout Layout => from.Layout;

    /// <inheritdoc/>
    public bool Read(DeltaChunk chunk)
    {
        chunk.Reset(-1, 1);
        while (next < count || NextDifferingBlock())
        {
            var info = Layout.Tensors[tensor];
            if (chunk.Count == 0)
            {
                chunk.Reset(tensor, info.UnitSize);
                chunk.HasParentValues = true;
            }
            else if (chunk.Tensor != tensor)
            {
                return true;
            }

            Take(chunk, info);
            if (chunk.Free == 0)
            {
                return true;
            }
        }

        return chunk.Count > 0;
    }

    // Blocks are read with the parent's lengths. If a tensor were shorter, that would read the next tensor's bytes.
    private static int IndexOf(TensorInfo info, Layout layout) =>
        layout.TryIndexOf(info.Name, out var index) && layout.Tensors[index].Bytes == info.Bytes
            && layout.Tensors[index].UnitSize == info.UnitSize
            ? index : throw new ArgumentException($"The new state has no tensor '{info}'.", nameof(layout));

    private void Take(DeltaChunk chunk, TensorInfo info)
    {
        var taken = Math.Min(chunk.Free, count - next);
        chunk.Append(taken, out var positions, out var values);
        var origin = block * (Blocks.Size / info.UnitSize);
        for (var index = 0; index < taken; index++)
        {
            positions[index] = origin + found[next + index];
        }

        var length = Blocks.LengthOf(info, block);
        Units.Gather(toBytes.AsSpan(0, length), positions, origin, info.UnitSize, values);
        Units.Gather(fromBytes.AsSpan(0, length), positions, origin, info.UnitSize, chunk.ParentValues[^values.Length..]);
        next += taken;
    }

    private bool NextDifferingBlock()
    {
        while (Advance())
        {
            var info = Layout.Tensors[tensor];
            var length = Blocks.LengthOf(info, block);
            var left = fromBytes.AsSpan(0, length);
            var right = toBytes.AsSpan(0, length);
            from.ReadBlock(tensor, block, left);
            to.ReadBlock(targets[tensor], block, right);
            (count, next) = (BitwiseDiff.Collect(left, right, info.UnitSize, found), 0);
            if (count > 0)
            {
                return true;
            }
        }

        return false;
    }

    private bool Advance()
    {
        while (tensor < Layout.Tensors.Count)
        {
            while (++block < Blocks.CountOf(Layout.Tensors[tensor]))
            {
                if (mayDiffer?.Invoke(tensor, block) ?? true)
                {
                    return true;
                }
            }

            (tensor, block) = (tensor + 1, -1);
        }

        (count, next) = (0, 0);
        return false;
    }
}
