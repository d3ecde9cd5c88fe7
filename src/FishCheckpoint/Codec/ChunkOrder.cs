using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// Checks that a delta's chunks obey the rules of <see cref="IDeltaReader"/>. Other chunks could be written but not read.
/// </summary>
internal sealed class ChunkOrder(Layout layout)
{
    private int tensor = -1;
    private long lastPosition;
    private bool full;

    /// <summary>Checks the next chunk.</summary>
    /// <exception cref="ArgumentException">The chunk does not follow the previous one.</exception>
    public void Check(DeltaChunk chunk)
    {
        var goesOn = chunk.Tensor == tensor;
        if (chunk.Count == 0 || chunk.Tensor < tensor || (goesOn && !full))
        {
            throw new ArgumentException("A delta's chunks must be in layout order, and full unless their tensor ends.");
        }

        Positions.Check(chunk.Positions, layout.Tensors[chunk.Tensor], goesOn ? lastPosition : -1);
        (tensor, lastPosition, full) = (chunk.Tensor, chunk.Positions[^1], chunk.Free == 0);
    }
}
