using FishCheckpoint.Storage.Frames;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Tensors;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Checkpoints;

/// <summary>To which checkpoint a mask's frame is accounted, and when it goes. In the caller's transaction.</summary>
internal static class MaskAccounts
{
    /// <summary>Accounts what a checkpoint gives up of its mask's frame to another that is there, if there is one.</summary>
    public static void HandOver(SqliteConnection connection, CheckpointRow row)
    {
        if (row.BroughtBytes == 0 || row.IsBlocks)
        {
            return;
        }

        var heir = connection.Single(
            "SELECT id, task FROM checkpoints WHERE mask = $0 AND deleted = 0 AND blocks = 0 AND id <> $1 LIMIT 1",
            found => Tuple.Create(found.GetInt64(0), found.GetInt64(1)), row.Mask, row.Id);
        if (heir is not null)
        {
            connection.Execute("UPDATE checkpoints SET brought_bytes = $1 WHERE id = $0", heir.Item1, row.BroughtBytes);
            connection.Execute("UPDATE tasks SET position_bytes = position_bytes + $1 WHERE id = $0", heir.Item2, row.BroughtBytes);
        }
    }

    /// <summary>Bytes of a mask's frame that a checkpoint which is there is the first to account for; 0 where another does.</summary>
    public static long Free(SqliteConnection connection, Digest mask) => connection.Scalar<long>(
        "SELECT bytes FROM masks WHERE id = $0 AND NOT EXISTS (SELECT 1 FROM checkpoints WHERE mask = $0 AND deleted = 0 AND blocks = 0)", mask);

    /// <summary>Removes the frame with the last checkpoint that reads it, the row with the last that has the mask.</summary>
    /// <returns>Bytes of the frame, if it went.</returns>
    public static long Drop(SqliteConnection connection, Digest mask)
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
