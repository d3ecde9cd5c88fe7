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

    /// <summary>The frame of a mask whose row has a stamp.</summary>
    public static long? FrameOf(CatalogConnection connection, Digest mask, string stamp) =>
        connection.Scalar<long?>("SELECT frame FROM masks WHERE id = $0 AND frame || ' ' || bytes = $1", mask, stamp);

    /// <summary>The head of a mask's frame.</summary>
    public static byte[]? HeadOf(CatalogConnection connection, Digest mask) =>
        connection.Scalar<byte[]?>("SELECT f.head FROM masks m JOIN frames f ON f.id = m.frame WHERE m.id = $0", mask);

    /// <summary>As above, where the mask has that frame.</summary>
    public static byte[]? HeadOf(CatalogConnection connection, Digest mask, long frame) =>
        connection.Scalar<byte[]?>(
            "SELECT head FROM masks m JOIN frames f ON f.id = m.frame WHERE m.id = $0 AND m.frame = $1", mask, frame);

    /// <summary>Bytes of a mask's frame.</summary>
    public static long BytesOf(CatalogConnection connection, Digest mask) =>
        connection.Scalar<long>("SELECT bytes FROM masks WHERE id = $0", mask);

    /// <summary>How many positions a mask has.</summary>
    public static long CountOf(CatalogConnection connection, Digest mask) =>
        connection.Scalar<long>("SELECT count FROM masks WHERE id = $0", mask);

    /// <summary>A task that has a checkpoint on a mask.</summary>
    public static long? TaskOf(CatalogConnection connection, Digest mask) =>
        connection.Scalar<long?>("SELECT task FROM checkpoints WHERE mask = $0 LIMIT 1", mask);

    /// <summary>Notes a mask whose positions are in blocks, unless it is known.</summary>
    public static void InsertWithoutFrame(CatalogConnection connection, Digest mask, long count) => connection.Execute(
        "INSERT INTO masks (id, frame, count, bytes) VALUES ($0, NULL, $1, 0) ON CONFLICT DO NOTHING", mask, count);

    /// <summary>Notes the effort that a mask's frame was encoded with.</summary>
    public static void SetEffort(CatalogConnection connection, Digest mask, CodecEffort effort) =>
        connection.Execute("UPDATE masks SET effort = $1 WHERE id = $0", mask, (int)effort);

    /// <summary>Whether a visible checkpoint has a mask; with <paramref name="withFrame"/>, one whose values lie on the mask's frame.</summary>
    public static bool IsInUse(CatalogConnection connection, Digest mask, bool withFrame) => connection.Scalar<long>(
        "SELECT EXISTS (SELECT 1 FROM checkpoints WHERE mask = $0 AND deleted = 0 AND blocks <= $1)", mask, withFrame ? 0 : 1) > 0;

    /// <summary>The frame of a mask; <see langword="null"/>: none is stored.</summary>
    public static long? FrameOf(CatalogConnection connection, Digest mask) =>
        connection.Scalar<long?>("SELECT frame FROM masks WHERE id = $0", mask);

    /// <summary>Stores a mask whose frame is stored, known before or not.</summary>
    public static void Insert(CatalogConnection connection, Digest mask, long frame, long count, long bytes, CodecEffort effort) => connection.Execute(
        """
        INSERT INTO masks (id, frame, count, bytes, effort) VALUES ($0, $1, $2, $3, $4)
        ON CONFLICT (id) DO UPDATE SET frame = excluded.frame, bytes = excluded.bytes, effort = excluded.effort
        """,
        mask, frame, count, bytes, (int)effort);
}
