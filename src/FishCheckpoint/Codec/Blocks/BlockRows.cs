using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>How a block lies in the rows of its tensor.</summary>
/// <param name="Length">Units of a row; 0 where there are no rows.</param>
/// <param name="Offset">Units of the block's first row that lie before the block.</param>
internal readonly record struct BlockRows(long Length, long Offset)
{
    /// <summary>Of a block of a tensor.</summary>
    public static BlockRows Of(TensorInfo tensor, long block) =>
        tensor.RowLength == 0 ? default : new BlockRows(tensor.RowLength, block * (Blocks.Size / tensor.UnitSize) % tensor.RowLength);
}
