using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>Holds a delta's chunks to the rules of <see cref="IDeltaReader"/>: one that breaks them can be written, but not read
/// again.</summary>
internal sealed class ChunkOrder(Layout layout)
{
    private int tensor = -1;
    private long lastPosition;
    private bool full;

    /// <summary>Checks the next chunk.</summary>
    /// <exception cref="ArgumentException">It does not follow the one before.</exception>
    public void Check(DeltaChunk chunk)
    {
        var goesOn = chunk.Tensor == tensor;
        if (chunk.Count == 0 || chunk.Tensor < tensor || (goesOn && !full))
        {
            throw new ArgumentException("A delta's chunks run in layout order, each full unless its tensor ends.");
        }

        Positions.Check(chunk.Positions, layout.Tensors[chunk.Tensor], goesOn ? lastPosition : -1);
        (tensor, lastPosition, full) = (chunk.Tensor, chunk.Positions[^1], chunk.Free == 0);
    }
}
