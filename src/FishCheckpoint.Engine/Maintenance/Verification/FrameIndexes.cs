using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>Verifies heads and indexes only.</summary>
internal static class FrameIndexes
{
    /// <summary>Verifies the heads and indexes of frames.</summary>
    /// <param name="mask">The mask of the values; <see langword="null"/> for frames of blocks.</param>
    /// <param name="frames">The frames, all of values or all of blocks.</param>
    /// <param name="layout">The layout of the positions.</param>
    public static void Check(IFrame? mask, IReadOnlyList<CheckedFrame> frames, Layout layout)
    {
        if (mask is not null)
        {
            MaskIndex.Begin(mask, frames, layout);
            return;
        }

        foreach (var frame in frames)
        {
            frame.Begin(layout, (blocks, head) => ChunkIndex.ReadBlocks(blocks, head, layout));
        }
    }
}
