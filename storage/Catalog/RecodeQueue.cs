using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Finds frames that were not yet recoded with the highest effort, oldest first and one at a time.</summary>
internal sealed class RecodeQueue(CatalogConnection connection) : IRecodeQueue
{
    public long BytesOfAll(long? task) =>
        (task is null
            ? connection.Scalar<long>("SELECT coalesce(sum(bytes), 0) FROM masks WHERE effort IS DISTINCT FROM 2 AND frame IS NOT NULL")
            : 0)
        + connection.Scalar<long>(
            """
            SELECT coalesce(sum(value_bytes + CASE WHEN blocks <> 0 THEN brought_bytes ELSE 0 END), 0) FROM checkpoints
            WHERE effort IS DISTINCT FROM 2 AND (CAST($0 AS bigint) IS NULL OR task = $0)
            """,
            task);

    public MaskToRecode? NextMask(long after, long? task) => connection.Single(
        """
        SELECT m.id, m.frame, m.bytes, t.name FROM masks m
        JOIN tasks t ON t.id = (SELECT c.task FROM checkpoints c
          WHERE c.mask = m.id AND c.blocks = 0 AND (CAST($1 AS bigint) IS NULL OR c.task = $1) LIMIT 1)
        WHERE m.effort IS DISTINCT FROM 2 AND m.frame IS NOT NULL AND m.frame > $0 ORDER BY m.frame LIMIT 1
        """,
        row => new MaskToRecode(row.Digest(0), row.GetInt64(1), row.GetInt64(2), row.GetString(3)), after, task);

    public CheckpointToRecode? NextCheckpoint(long after, long? task) => connection.Single(
        $"""
        SELECT {CheckpointColumns.Columns}, t.name FROM {CheckpointColumns.From} JOIN tasks t ON t.id = c.task
        WHERE c.id = (SELECT id FROM checkpoints
                      WHERE effort IS DISTINCT FROM 2 AND id > $0 AND (CAST($1 AS bigint) IS NULL OR task = $1) ORDER BY id LIMIT 1)
        """,
        row => new CheckpointToRecode(CheckpointColumns.Read(row), row.GetString(row.FieldCount - 1)), after, task);
}
