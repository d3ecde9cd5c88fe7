using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Import;

/// <summary>
/// A version's changes as chunks: the units whose bits actually differ. Two blocks of one tensor are in memory at a time.
/// </summary>
internal sealed class PatchedDelta(PatchedState state, CancellationToken cancellation) : IDeltaReader, IDisposable
{
    private readonly int[] found = new int[Blocks.Size];
    private readonly byte[] block = new byte[Blocks.Size];
    private PatchedTensor? open;
    private int tensor;
    private int length;
    private int turn;
    private int count;
    private int next;

    /// <inheritdoc/>
    public Layout Layout => state.Layout;

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

    /// <inheritdoc/>
    public void Dispose() => open?.Dispose();

    private void Take(DeltaChunk chunk, TensorInfo info)
    {
        var taken = Math.Min(chunk.Free, count - next);
        chunk.Append(taken, out var positions, out var values);
        var origin = open!.Block * (Blocks.Size / info.UnitSize);
        for (var index = 0; index < taken; index++)
        {
            positions[index] = origin + found[next + index];
        }

        Units.Gather(block.AsSpan(0, length), positions, origin, info.UnitSize, values);
        next += taken;
    }

    private bool NextDifferingBlock()
    {
        for (; ; Close())
        {
            if (open is null)
            {
                if (turn == state.Changing.Length)
                {
                    return false;
                }

                tensor = state.Changing[turn++];
                open = state.Open(tensor, cancellation);
            }

            for (var changed = open.Next(); changed.Length > 0; changed = open.Next())
            {
                (count, next) = (BitwiseDiff.Collect(open.Before, changed, Layout.Tensors[tensor].UnitSize, found), 0);
                if (count > 0)
                {
                    length = changed.Length;
                    changed.CopyTo(block);
                    return true;
                }
            }
        }
    }

    private void Close()
    {
        open?.Dispose();
        (open, count, next) = (null, 0, 0);
    }
}
