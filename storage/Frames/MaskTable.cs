using FishCheckpoint.Codec;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Tensors;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Frames;

/// <summary>The rows of masks.</summary>
internal static class MaskTable
{
    /// <summary>
    /// Puts another frame of the same mask in the place of a stored one, where values lie on it, and corrects what is counted of it; in the caller's transaction.
    /// </summary>
    public static void Replace(SqliteConnection connection, Digest mask, long frame, IFrame made, IReadOnlyList<ChunkEntry> chunks)
    {
        FrameTable.Replace(connection, frame, made, chunks);
        var bytes = FrameTable.SizeOf(made);
        connection.Execute("UPDATE checkpoints SET brought_bytes = $1 WHERE mask = $0 AND brought_bytes > 0 AND blocks = 0", mask, bytes);
        connection.Execute("UPDATE masks SET bytes = $1 WHERE id = $0", mask, bytes);
    }

    /// <summary>Bytes of a stored mask that are to be accounted to a checkpoint that is about to use it: none where a visible one accounts for them.</summary>
    public static long TakeOver(SqliteConnection connection, Digest mask)
    {
        if (connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM checkpoints WHERE mask = $0 AND deleted = 0 AND blocks = 0)", mask) > 0)
        {
            return 0;
        }

        connection.Execute("UPDATE checkpoints SET brought_bytes = 0 WHERE mask = $0 AND blocks = 0 AND brought_bytes > 0", mask);
        return connection.Scalar<long>("SELECT bytes FROM masks WHERE id = $0", mask);
    }

    /// <summary>Accounts a mask to another of the checkpoints that read it, to a visible one if there is one.</summary>
    /// <param name="connection">A transaction.</param>
    /// <param name="mask">The mask.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="from">The checkpoint that no longer accounts for it.</param>
    /// <param name="toHidden">Whether one that only others need may take it.</param>
    /// <returns>Whether there was one.</returns>
    public static bool HandOver(SqliteConnection connection, Digest mask, long bytes, long from, bool toHidden) => connection.Execute(
        "UPDATE checkpoints SET brought_bytes = $1 WHERE id = (SELECT id FROM checkpoints WHERE mask = $0 AND blocks = 0 AND id <> $2 AND deleted <= $3 LIMIT 1)",
        mask, bytes, from, toHidden ? 1 : 0) > 0;
}
