using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Tracks which checkpoint accounts for a mask's frame, and deletes unused frames. In the caller's transaction.</summary>
internal sealed partial class MaskTable
{
    public bool ReassignBytes(CheckpointRow row, bool toTombstone = true) => row.PositionBytes == 0 || row.IsBlocks || connection.Execute(
        """
        UPDATE checkpoints SET brought_bytes = $1
        WHERE id = (SELECT id FROM checkpoints WHERE mask = $0 AND blocks = 0 AND id <> $2 AND deleted <= $3 ORDER BY deleted LIMIT 1)
        """,
        row.Mask, row.PositionBytes, row.Id, toTombstone ? 1 : 0) > 0;

    public long ClaimBytes(Digest mask, bool visible)
    {
        if (connection.Scalar<long>(
            "SELECT EXISTS (SELECT 1 FROM checkpoints WHERE mask = $0 AND blocks = 0 AND brought_bytes > 0 AND deleted <= $1)", mask,
            visible ? 0 : 1) > 0)
        {
            return 0;
        }

        connection.Execute("UPDATE checkpoints SET brought_bytes = 0 WHERE mask = $0 AND blocks = 0 AND brought_bytes > 0", mask);
        return connection.Scalar<long>("SELECT bytes FROM masks WHERE id = $0", mask);
    }

    public long Drop(Digest mask)
    {
        var freed = 0L;
        if (connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM checkpoints WHERE mask = $0 AND blocks = 0)", mask) == 0
            && connection.Scalar<long?>("SELECT frame FROM masks WHERE id = $0", mask) is { } frame)
        {
            freed = connection.Scalar<long>("SELECT bytes FROM masks WHERE id = $0", mask);
            connection.Execute("UPDATE masks SET frame = NULL, bytes = 0 WHERE id = $0", mask);
            connection.Rows.Frames.Delete(frame);
        }

        connection.Execute("DELETE FROM masks WHERE id = $0 AND NOT EXISTS (SELECT 1 FROM checkpoints WHERE mask = $0)", mask);
        return freed;
    }
}
