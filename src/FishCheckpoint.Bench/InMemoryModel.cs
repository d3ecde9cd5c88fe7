using FishCheckpoint.Tensors;

namespace FishCheckpoint.Bench;

/// <summary>A model in memory, so that the times do not include the disk.</summary>
internal sealed class InMemoryModel : IBlockReader
{
    private readonly byte[][] tensors;

    private InMemoryModel(Layout layout, byte[][] tensors) => (Layout, this.tensors) = (layout, tensors);

    public Layout Layout { get; }

    /// <summary>Reads all of a model whose tensors have less than 2 GiB each.</summary>
    public static InMemoryModel Read(IBlockReader model)
    {
        var all = new byte[model.Layout.Tensors.Count][];
        for (var tensor = 0; tensor < all.Length; tensor++)
        {
            var info = model.Layout.Tensors[tensor];
            var bytes = all[tensor] = new byte[info.Bytes];
            for (var block = 0L; block < Blocks.CountOf(info); block++)
            {
                model.ReadBlock(tensor, block, bytes.AsSpan((int)(block * Blocks.Size), Blocks.LengthOf(info, block)));
            }
        }

        return new InMemoryModel(model.Layout, all);
    }

    public void ReadBlock(int tensor, long block, Span<byte> destination) =>
        tensors[tensor].AsSpan((int)(block * Blocks.Size), destination.Length).CopyTo(destination);
}
