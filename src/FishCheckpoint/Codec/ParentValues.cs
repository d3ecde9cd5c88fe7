using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>Gathers a parent's values at ascending positions and reads each needed block once. Keeps one block; not thread-safe.</summary>
/// <param name="parent">The parent's state.</param>
internal sealed class ParentValues(IBlockReader parent)
{
    private readonly byte[] bytes = new byte[Blocks.Size];
    private int tensor = -1;
    private long block = -1;

    /// <summary>Gathers values of one tensor.</summary>
    /// <param name="wantedTensor">Index of the tensor in the layout.</param>
    /// <param name="positions">Flat unit indices, ascending.</param>
    /// <param name="values">Filled with the raw bits in order.</param>
    public void Gather(int wantedTensor, ReadOnlySpan<long> positions, Span<byte> values)
    {
        var info = parent.Layout.Tensors[wantedTensor];
        var perBlock = Blocks.Size / info.UnitSize;
        for (var start = 0; start < positions.Length;)
        {
            var wantedBlock = positions[start] / perBlock;
            var end = start + 1;
            for (var limit = (wantedBlock + 1) * perBlock; end < positions.Length && positions[end] < limit;)
            {
                end++;
            }

            var state = Load(wantedTensor, wantedBlock, Blocks.LengthOf(info, wantedBlock));
            Units.Gather(
                state, positions[start..end], wantedBlock * perBlock, info.UnitSize,
                values[(start * info.UnitSize)..(end * info.UnitSize)]);
            start = end;
        }
    }

    private ReadOnlySpan<byte> Load(int wantedTensor, long wantedBlock, int length)
    {
        if (tensor != wantedTensor || block != wantedBlock)
        {
            parent.ReadBlock(wantedTensor, wantedBlock, bytes.AsSpan(0, length));
            (tensor, block) = (wantedTensor, wantedBlock);
        }

        return bytes.AsSpan(0, length);
    }
}
