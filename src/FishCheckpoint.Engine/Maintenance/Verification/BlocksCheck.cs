using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>
/// Verifies frames of blocks with one parent, block by block over all frames, so that each of the parent's blocks is read once.
/// </summary>
internal static class BlocksCheck
{
    /// <summary>Verifies all frames.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="layout">The layout of the positions.</param>
    /// <param name="parent">The parent of all frames.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    public static void Run(IReadOnlyList<CheckedFrame> frames, Layout layout, IBlockReader parent,
        CancellationToken cancellationToken = default)
    {
        var next = new int[frames.Count];
        foreach (var frame in frames)
        {
            frame.Begin(layout, (blocks, head) => ChunkIndex.ReadBlocks(blocks, head, layout));
        }

        var scratch = BlockScratch.Rent();
        try
        {
            while (Nearest(frames, next) is { } at)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var length = Blocks.LengthOf(layout.Tensors[at.Tensor], at.Block);
                var isThere = TryRead(parent, at.Tensor, at.Block, scratch.Before.AsSpan(0, length));
                for (var index = 0; index < frames.Count; index++)
                {
                    if (Find(frames[index], next[index]) is { } entry && (entry.Tensor, entry.First) == at)
                    {
                        next[index]++;
                        Check(frames[index], entry, isThere, length);
                    }
                }
            }

            foreach (var frame in frames)
            {
                frame.Finish();
            }
        }
        finally
        {
            scratch.Return();
        }

        void Check(CheckedFrame frame, ChunkEntry entry, bool isThere, int length) => frame.Try(() =>
        {
            var bytes = ChunkIndex.ReadChunk(frame.Frame, entry, scratch.Encoded);
            if (!isThere)
            {
                frame.StopDecoding();
            }

            if (frame.CanDecode)
            {
                var after = scratch.After.AsSpan(0, length);
                scratch.Before.AsSpan(0, length).CopyTo(after);
                var positions = scratch.PositionsFor(entry.Count).AsSpan(0, entry.Count);
                scratch.Coder.Decode(bytes, layout.Tensors[entry.Tensor].Type, after, positions);
                Add(frame, entry, layout.Tensors[entry.Tensor].UnitSize, positions, after);
            }
        });
    }

    // In pieces, so that a block of a million units needs no more memory than a chunk.
    private static void Add(CheckedFrame frame, ChunkEntry entry, int unit, ReadOnlySpan<int> inBlock, ReadOnlySpan<byte> after)
    {
        var chunk = new DeltaChunk();
        var blockStart = entry.First * (Blocks.Size / unit);
        while (inBlock.Length > 0)
        {
            var part = inBlock[..Math.Min(inBlock.Length, DeltaChunk.Capacity)];
            inBlock = inBlock[part.Length..];
            chunk.Reset(entry.Tensor, unit);
            chunk.Append(part.Length, out var positions, out var values);
            for (var index = 0; index < part.Length; index++)
            {
                positions[index] = blockStart + part[index];
            }

            Units.Gather(after, part, unit, values);
            frame.Add(entry.Tensor, positions);
            frame.Add(values);
        }
    }

    private static ChunkEntry? Find(CheckedFrame frame, int next) =>
        frame.Damage is null && next < frame.Entries.Length ? frame.Entries[next] : null;

    private static (int Tensor, long Block)? Nearest(IReadOnlyList<CheckedFrame> frames, int[] next)
    {
        (int, long)? nearest = null;
        for (var index = 0; index < frames.Count; index++)
        {
            if (Find(frames[index], next[index]) is { } entry
                && (nearest is null || (entry.Tensor, entry.First).CompareTo(nearest.Value) < 0))
            {
                nearest = (entry.Tensor, entry.First);
            }
        }

        return nearest;
    }

    private static bool TryRead(IBlockReader parent, int tensor, long block, Span<byte> destination)
    {
        try
        {
            parent.ReadBlock(tensor, block, destination);
            return true;
        }
        catch (FishException)
        {
            return false;
        }
    }
}
