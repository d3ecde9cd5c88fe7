namespace FishCheckpoint.Tensors;

/// <summary>
/// Tensors are read, checked and written in blocks of 1 MiB from the tensor's first byte. A base has one checksum per block. Every dtype's
/// unit size divides the block size.
/// </summary>
internal static class Blocks
{
    /// <summary>Bytes per block; the last block of a tensor may be shorter.</summary>
    public const int Size = 1 << 20;

    /// <summary>The number of blocks in a tensor.</summary>
    public static long CountOf(TensorInfo tensor) => (tensor.Bytes + Size - 1) / Size;

    /// <summary>Bytes in one block of a tensor.</summary>
    public static int LengthOf(TensorInfo tensor, long block) => (int)Math.Min(Size, tensor.Bytes - (block * Size));

    /// <summary>The block that contains a position.</summary>
    public static long BlockOf(long position, int unitSize) => position * unitSize / Size;
}

/// <summary>The full content of a model, readable by block: a file, a base, or a checkpoint.</summary>
/// <remarks>Not thread-safe.</remarks>
public interface IBlockReader
{
    /// <summary>The model's tensors.</summary>
    Layout Layout { get; }

    /// <summary>Reads one block of a tensor.</summary>
    /// <param name="tensor">Index in <see cref="Layout"/>.</param>
    /// <param name="block">Block number, from 0.</param>
    /// <param name="destination">Filled completely; <see cref="Blocks.LengthOf"/> bytes long.</param>
    void ReadBlock(int tensor, long block, Span<byte> destination);
}
