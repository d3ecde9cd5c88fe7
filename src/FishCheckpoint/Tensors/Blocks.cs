namespace FishCheckpoint.Tensors;

/// <summary>
/// Tensors are read, checked and written in blocks of 1 MiB counted from the tensor's first byte: the unit of a base's checksums and of
/// streaming. Every dtype's unit divides it.
/// </summary>
internal static class Blocks
{
    /// <summary>Bytes of a block; the last one of a tensor may be shorter.</summary>
    public const int Size = 1 << 20;

    /// <summary>The number of blocks of a tensor.</summary>
    public static long CountOf(TensorInfo tensor) => (tensor.Bytes + Size - 1) / Size;

    /// <summary>Bytes of one block of a tensor.</summary>
    public static int LengthOf(TensorInfo tensor, long block) => (int)Math.Min(Size, tensor.Bytes - (block * Size));

    /// <summary>The block that a position falls in.</summary>
    public static long BlockOf(long position, int unitSize) => position * unitSize / Size;
}

/// <summary>The full content of a model, readable block by block: a file, a base, or a checkpoint being rebuilt.</summary>
/// <remarks>Not safe for use by two threads at once.</remarks>
public interface IBlockReader
{
    /// <summary>The tensors that can be read.</summary>
    Layout Layout { get; }

    /// <summary>Reads one block of a tensor.</summary>
    /// <param name="tensor">Index in <see cref="Layout"/>.</param>
    /// <param name="block">Block number, from 0.</param>
    /// <param name="destination">Filled entirely; <see cref="Blocks.LengthOf"/> bytes long.</param>
    void ReadBlock(int tensor, long block, Span<byte> destination);
}
