using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Updates the rows of checkpoints, in the caller's transaction.</summary>
internal sealed partial class CheckpointTable
{
    private const string Readers =
        """
        WITH RECURSIVE readers (id) AS (
          SELECT CAST($0 AS bigint) UNION ALL SELECT c.id FROM readers CROSS JOIN checkpoints c WHERE c.reference = readers.id)

        """;

    public void GrowFrame(long id, long values, long positions) => connection.Execute(
        "UPDATE checkpoints SET value_bytes = value_bytes + $1, brought_bytes = brought_bytes + $2 WHERE id = $0", id, values, positions);

    public void SetEffort(long id, CodecEffort effort) =>
        connection.Execute("UPDATE checkpoints SET effort = $1 WHERE id = $0", id, (int)effort);

    public void SetReference(long id, long growth, long? reference, CodecEffort effort) =>
        connection.Execute(
            "UPDATE checkpoints SET value_bytes = value_bytes + $1, reference = $2, effort = $3 WHERE id = $0",
            id, growth, reference, (int)effort);

    public void ShortenReferences(long first, long bytes)
    {
        connection.Execute(Readers + "UPDATE checkpoints SET reference_depth = reference_depth - 1 WHERE id IN (SELECT id FROM readers)",
            first);
        foreach (var reader in connection.Query(Readers + "SELECT id FROM readers", row => row.GetInt64(0), first))
        {
            connection.Rows.Checkpoints.ShiftChains(reader, -bytes, 0);
        }
    }

    public void ReleaseMask(long id) =>
        connection.Execute("UPDATE checkpoints SET brought_bytes = 0, blocks = 1 WHERE id = $0", id);

    public void Rebase(long id, RebasedFrame frame) => connection.Execute(
        """
        UPDATE checkpoints SET parent = $1, mask = $2, blocks = $3, changed = $4, brought_bytes = $5, value_bytes = $6, proof = $7,
          reference = NULL, reference_depth = $8, effort = $9
        WHERE id = $0
        """,
        id, frame.Parent, frame.Mask, frame.IsBlocks ? 1 : 0, frame.Changed, frame.PositionBytes, frame.Values, frame.Proof,
        frame.MayBePredictedFrom ? 0 : null, (int)frame.Effort);

    public int MoveToBranches(long task) => connection.Execute(
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

    public void Delete(long id) => connection.Execute("DELETE FROM checkpoints WHERE id = $0", id);

    public void SetTrainerState(long id, long frame, long bytes) => connection.Execute(
        "UPDATE checkpoints SET trainer_frame = $1, trainer_bytes = side_bytes + $2 WHERE id = $0", id, frame, bytes);

    public void SetPin(long id, bool pinned) =>
        connection.Execute("UPDATE checkpoints SET pinned = $1 WHERE id = $0", id, pinned ? 1 : 0);

    public void SetValues(long id, long bytes, long? reference, long? depth, CodecEffort effort) =>
        connection.Execute(
            "UPDATE checkpoints SET value_bytes = $1, reference = $2, reference_depth = $3, effort = $4 WHERE id = $0",
            id, bytes, reference, depth, (int)effort);
}
