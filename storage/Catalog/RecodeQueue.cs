using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Finds what was not yet tried with the most effort, the oldest first: one after another, so that no list of them is held.</summary>
internal static class RecodeQueue
{
    /// <summary>Bytes of all that is taken, one after another, as far as rows tell; of one task, without its masks.</summary>
    /// <param name="connection">A snapshot.</param>
    /// <param name="task">The task; <see langword="null"/> for all.</param>
    public static long BytesOfAll(CatalogConnection connection, long? task) =>
        (task is null ? connection.Scalar<long>("SELECT coalesce(sum(bytes), 0) FROM masks WHERE effort IS DISTINCT FROM 2 AND frame IS NOT NULL") : 0)
        + connection.Scalar<long>(
            """
            SELECT coalesce(sum(value_bytes + CASE WHEN blocks <> 0 THEN brought_bytes ELSE 0 END), 0) FROM checkpoints
            WHERE effort IS DISTINCT FROM 2 AND (CAST($0 AS bigint) IS NULL OR task = $0)
            """,
            task);

    /// <summary>The next mask.</summary>
    /// <param name="connection">A snapshot.</param>
    /// <param name="after">The place of the last one; -1 for the first.</param>
    /// <param name="task">The task that uses it; <see langword="null"/> for any.</param>
    public static MaskToRecode? NextMask(CatalogConnection connection, long after, long? task) => connection.Single(
        """
        SELECT m.id, m.frame, m.bytes, t.name FROM masks m
        JOIN tasks t ON t.id = (SELECT c.task FROM checkpoints c WHERE c.mask = m.id AND c.blocks = 0 AND (CAST($1 AS bigint) IS NULL OR c.task = $1) LIMIT 1)
        WHERE m.effort IS DISTINCT FROM 2 AND m.frame IS NOT NULL AND m.frame > $0 ORDER BY m.frame LIMIT 1
        """,
        row => new MaskToRecode(row.Digest(0), row.GetInt64(1), row.GetInt64(2), row.GetString(3)), after, task);

    /// <summary>The next checkpoint, those that only others still need included.</summary>
    /// <param name="connection">A snapshot.</param>
    /// <param name="after">The place of the last one; -1 for the first.</param>
    /// <param name="task">Its task; <see langword="null"/> for any.</param>
    public static CheckpointToRecode? NextCheckpoint(CatalogConnection connection, long after, long? task) => connection.Single(
        $"""
        SELECT {CheckpointRow.Columns}, t.name FROM {CheckpointRow.From} JOIN tasks t ON t.id = c.task
        WHERE c.id = (SELECT id FROM checkpoints
                      WHERE effort IS DISTINCT FROM 2 AND id > $0 AND (CAST($1 AS bigint) IS NULL OR task = $1) ORDER BY id LIMIT 1)
        """,
        row => new CheckpointToRecode(CheckpointRow.Read(row), row.GetString(row.FieldCount - 1)), after, task);
}

/// <summary>A mask that was not yet tried with the most effort.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Frame">Its frame.</param>
/// <param name="Bytes">Bytes of that.</param>
/// <param name="Task">The name of a task that uses it.</param>
internal sealed record MaskToRecode(Digest Id, long Frame, long Bytes, string Task);

/// <summary>A checkpoint that was not yet tried with the most effort.</summary>
/// <param name="Row">The checkpoint.</param>
/// <param name="Task">The name of its task.</param>
internal sealed record CheckpointToRecode(CheckpointRow Row, string Task);
