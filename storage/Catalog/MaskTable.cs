using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>The rows of masks.</summary>
internal static class MaskTable
{
    /// <summary>
    /// Puts another frame of the same mask in the place of a stored one, where values lie on it, and corrects what is counted of it; in the caller's transaction.
    /// </summary>
    public static void Replace(CatalogConnection connection, Digest mask, long frame, IFrame made, IReadOnlyList<ChunkEntry> chunks)
    {
        FrameTable.Replace(connection, frame, made, chunks);
        var (before, bytes) = (connection.Scalar<long>("SELECT bytes FROM masks WHERE id = $0", mask), FrameTable.SizeOf(made));
        connection.Execute("UPDATE checkpoints SET brought_bytes = $1 WHERE mask = $0 AND brought_bytes > 0 AND blocks = 0", mask, bytes);
        connection.Execute("UPDATE masks SET bytes = $1 WHERE id = $0", mask, bytes);
        ChainCost.MaskGrew(connection, mask, bytes - before);
    }
}
