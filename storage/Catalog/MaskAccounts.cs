using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>To which checkpoint a mask's frame is accounted, and when it goes. In the caller's transaction.</summary>
internal static class MaskAccounts
{
    /// <summary>Accounts what a checkpoint gives up of its mask's frame to another that reads it, to a visible one if there is one.</summary>
    /// <param name="connection">A transaction.</param>
    /// <param name="row">The checkpoint that no longer accounts for it.</param>
    /// <param name="toHidden">Whether one that only others need may take it.</param>
    /// <returns>Whether nothing is left to account for.</returns>
    public static bool HandOver(CatalogConnection connection, CheckpointRow row, bool toHidden = true) => row.BroughtBytes == 0 || row.IsBlocks || connection.Execute(
        """
        UPDATE checkpoints SET brought_bytes = $1
        WHERE id = (SELECT id FROM checkpoints WHERE mask = $0 AND blocks = 0 AND id <> $2 AND deleted <= $3 ORDER BY deleted LIMIT 1)
        """,
        row.Mask, row.BroughtBytes, row.Id, toHidden ? 1 : 0) > 0;

    /// <summary>Bytes of a stored mask's frame that a checkpoint which is about to read it is to account for: none where another does already.</summary>
    /// <param name="connection">A transaction.</param>
    /// <param name="mask">The mask.</param>
    /// <param name="visible">Whether the checkpoint is there: it takes the mask over from those that only others need.</param>
    public static long TakeOver(CatalogConnection connection, Digest mask, bool visible)
    {
        if (connection.Scalar<long>(
            "SELECT EXISTS (SELECT 1 FROM checkpoints WHERE mask = $0 AND blocks = 0 AND brought_bytes > 0 AND deleted <= $1)", mask, visible ? 0 : 1) > 0)
        {
            return 0;
        }

        connection.Execute("UPDATE checkpoints SET brought_bytes = 0 WHERE mask = $0 AND blocks = 0 AND brought_bytes > 0", mask);
        return connection.Scalar<long>("SELECT bytes FROM masks WHERE id = $0", mask);
    }

    /// <summary>Removes the frame with the last checkpoint that reads it, the row with the last that has the mask.</summary>
    /// <returns>Bytes of the frame, if it went.</returns>
    public static long Drop(CatalogConnection connection, Digest mask)
    {
        var freed = 0L;
        if (connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM checkpoints WHERE mask = $0 AND blocks = 0)", mask) == 0
            && connection.Scalar<long?>("SELECT frame FROM masks WHERE id = $0", mask) is { } frame)
        {
            freed = connection.Scalar<long>("SELECT bytes FROM masks WHERE id = $0", mask);
            connection.Execute("UPDATE masks SET frame = NULL, bytes = 0 WHERE id = $0", mask);
            FrameTable.Delete(connection, frame);
        }

        connection.Execute("DELETE FROM masks WHERE id = $0 AND NOT EXISTS (SELECT 1 FROM checkpoints WHERE mask = $0)", mask);
        return freed;
    }
}
