using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>The offset of a block in its tensor's rows.</summary>
/// <param name="Length">Units per row; 0 if there are no rows.</param>
/// <param name="Offset">Units of the block's first row that precede the block.</param>
internal readonly record struct BlockRows(long Length, long Offset)
{
    /// <summary>The offset of a tensor's block.</summary>
    public static BlockRows Of(TensorInfo tensor, long block) =>
        tensor.RowLength == 0 ? default : new BlockRows(tensor.RowLength, block * (Blocks.Size / tensor.UnitSize) % tensor.RowLength);
}
