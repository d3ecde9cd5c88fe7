using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Changes rows of checkpoints, in the caller's transaction.</summary>
internal static class CheckpointUpdates
{
    private const string Readers =
        "WITH RECURSIVE readers (id) AS "
        + "(SELECT CAST($0 AS bigint) UNION ALL SELECT c.id FROM readers CROSS JOIN checkpoints c WHERE c.reference = readers.id) ";

    /// <summary>A checkpoint's frame has so many more bytes of values and of positions.</summary>
    public static void FrameGrew(CatalogConnection connection, long id, long values, long positions) => connection.Execute(
        "UPDATE checkpoints SET value_bytes = value_bytes + $1, brought_bytes = brought_bytes + $2 WHERE id = $0", id, values, positions);

    /// <summary>Notes the effort that a checkpoint's frame was encoded with.</summary>
    public static void SetEffort(CatalogConnection connection, long id, CodecEffort effort) =>
        connection.Execute("UPDATE checkpoints SET effort = $1 WHERE id = $0", id, (int)effort);

    /// <summary>A checkpoint's values have so many more bytes, and are guessed from those of another one, or of none.</summary>
    public static void SetReference(CatalogConnection connection, long id, long growth, long? reference, CodecEffort effort) =>
        connection.Execute(
        "UPDATE checkpoints SET value_bytes = value_bytes + $1, reference = $2, effort = $3 WHERE id = $0",
            id, growth, reference, (int)effort);

    /// <summary>A checkpoint, and all that is guessed from it in turn, reads one frame of so many bytes less.</summary>
    public static void ShortenReferences(CatalogConnection connection, long first, long bytes)
    {
        connection.Execute(Readers + "UPDATE checkpoints SET reference_depth = reference_depth - 1 WHERE id IN (SELECT id FROM readers)", first);
        foreach (var reader in connection.Query(Readers + "SELECT id FROM readers", row => row.GetInt64(0), first))
        {
            ChainCost.Shift(connection, reader, -bytes, 0);
        }
    }

    /// <summary>A checkpoint accounts for no mask: its frame is one of blocks until more is known of it.</summary>
    public static void ReleaseMask(CatalogConnection connection, long id) =>
        connection.Execute("UPDATE checkpoints SET brought_bytes = 0, blocks = 1 WHERE id = $0", id);

    /// <summary>A checkpoint's frame is another one, against another parent, and its values are guessed from none.</summary>
    public static void Rebase(CatalogConnection connection, long id, RebasedFrame frame) => connection.Execute(
        """
        UPDATE checkpoints SET parent = $1, mask = $2, blocks = $3, changed = $4, brought_bytes = $5, value_bytes = $6, proof = $7, reference = NULL,
          reference_depth = $8, effort = $9 WHERE id = $0
        """,
        id, frame.Parent, frame.Mask, frame.IsBlocks ? 1 : 0, frame.Changed, frame.Brought, frame.Values, frame.Proof,
        frame.MayBeGuessedFrom ? 0 : null, (int)frame.Effort);

    /// <summary>
    /// Gives checkpoints of a task to another one whose checkpoints are based on them or predicted from them, or that starts from them:
    /// from the branches down to the root of what is left.
    /// </summary>
    /// <returns>How many were given away; others may follow them.</returns>
    public static int HandToBranches(CatalogConnection connection, long task) => connection.Execute(
        """
        UPDATE checkpoints SET task = heir FROM (
          SELECT c.id AS given, coalesce(
            (SELECT child.task FROM checkpoints child WHERE child.parent = c.id AND child.task <> $0 LIMIT 1),
            (SELECT child.task FROM checkpoints child WHERE child.reference = c.id AND child.task <> $0 LIMIT 1),
            (SELECT t.id FROM tasks t WHERE t.origin = c.id AND t.id <> $0 LIMIT 1)) AS heir
          FROM checkpoints c WHERE c.task = $0) heirs
        WHERE id = given AND heir IS NOT NULL
        """,
        task);

    /// <summary>Deletes the row of a checkpoint.</summary>
    public static void Delete(CatalogConnection connection, long id) => connection.Execute("DELETE FROM checkpoints WHERE id = $0", id);

    /// <summary>Gives a checkpoint the frame of its trainer state, with its bytes.</summary>
    public static void SetState(CatalogConnection connection, long id, long frame, long bytes) => connection.Execute(
        "UPDATE checkpoints SET trainer_frame = $1, trainer_bytes = side_bytes + $2 WHERE id = $0", id, frame, bytes);

    /// <summary>Pins a checkpoint, or no longer.</summary>
    public static void SetPin(CatalogConnection connection, long id, bool pinned) =>
        connection.Execute("UPDATE checkpoints SET pinned = $1 WHERE id = $0", id, pinned ? 1 : 0);

    /// <summary>A checkpoint's values were written anew: so many bytes, predicted from another one or from none.</summary>
    public static void SetValues(CatalogConnection connection, long id, long bytes, long? reference, long? depth, CodecEffort effort) =>
        connection.Execute(
            "UPDATE checkpoints SET value_bytes = $1, reference = $2, reference_depth = $3, effort = $4 WHERE id = $0",
            id, bytes, reference, depth, (int)effort);
}

/// <summary>A frame that takes the place of a checkpoint's own, against another parent.</summary>
/// <param name="Parent">The parent; <see langword="null"/> for the base.</param>
/// <param name="Mask">The positions.</param>
/// <param name="IsBlocks">Whether it is one of blocks.</param>
/// <param name="Changed">How many values it has.</param>
/// <param name="Brought">Bytes of positions that the checkpoint accounts for.</param>
/// <param name="Values">Bytes of values.</param>
/// <param name="Proof">What it proves, where that is not the checkpoint's state.</param>
/// <param name="MayBeGuessedFrom">Whether others may be guessed from it.</param>
/// <param name="Effort">The effort that it was encoded with.</param>
internal sealed record RebasedFrame(
    long? Parent, Digest Mask, bool IsBlocks, long Changed, long Brought, long Values, Digest? Proof, bool MayBeGuessedFrom,
    CodecEffort Effort);
