using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>Checks heads and indices alone.</summary>
internal static class FrameIndexes
{
    /// <summary>Checks the heads and indices of frames.</summary>
    /// <param name="mask">The mask that values are based on; <see langword="null"/> for frames of blocks.</param>
    /// <param name="frames">The frames, all of values or all of blocks.</param>
    /// <param name="layout">The layout that positions refer to.</param>
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
