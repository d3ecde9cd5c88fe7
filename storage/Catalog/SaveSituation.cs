using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>What a save finds when it is written: all that may have changed since it was encoded, by one question.</summary>
/// <param name="Task">The row of the task of that name, if there still is one.</param>
/// <param name="IsTaken">Whether the step has a checkpoint.</param>
/// <param name="ParentState">The state of the parent, if it is still there.</param>
/// <param name="ParentDepth">The deltas of the parent's chain.</param>
/// <param name="ParentChainBytes">The bytes of the parent's chain.</param>
/// <param name="ReferenceIsThere">Whether what the values are predicted from is as it was, or there is no such checkpoint.</param>
/// <param name="ReferenceDepth">How many that one is predicted from.</param>
/// <param name="EarlierBytes">The bytes of the values that have to be read before these.</param>
/// <param name="MaskIsStored">Whether a frame of the mask is stored.</param>
/// <param name="MaskBytes">The bytes of that frame.</param>
/// <param name="MaskIsAccounted">Whether a visible checkpoint accounts for it.</param>
internal sealed record SaveSituation(
    long? Task, bool IsTaken, Digest? ParentState, long ParentDepth, long ParentChainBytes, bool ReferenceIsThere, long? ReferenceDepth, long EarlierBytes,
    bool MaskIsStored, long MaskBytes, bool MaskIsAccounted)
{
    /// <summary>Finds it.</summary>
    /// <param name="connection">A transaction.</param>
    /// <param name="name">The task's name.</param>
    /// <param name="task">Its row.</param>
    /// <param name="step">The step.</param>
    /// <param name="mask">The mask.</param>
    /// <param name="parent">The row of the parent; <see langword="null"/>: the base.</param>
    /// <param name="reference">What the values are predicted from.</param>
    public static SaveSituation Find(
        CatalogConnection connection, string name, long task, long step, Digest mask, long? parent, CheckpointRow? reference) =>
        connection.Single(
            """
            WITH RECURSIVE earlier (id) AS (SELECT CAST($4 AS bigint)
              UNION ALL SELECT c.reference FROM earlier CROSS JOIN checkpoints c WHERE c.id = earlier.id AND c.reference IS NOT NULL)
            SELECT (SELECT id FROM tasks WHERE name = $0),
              EXISTS (SELECT 1 FROM checkpoints WHERE task = $1 AND step = $2 AND deleted = 0),
              p.state, coalesce(p.depth, 0), coalesce(p.chain_bytes, 0),
              r.id, r.reference_depth, (SELECT coalesce(sum(value_bytes), 0) FROM checkpoints WHERE id IN (SELECT id FROM earlier)),
              m.frame, coalesce(m.bytes, 0), EXISTS (SELECT 1 FROM checkpoints WHERE mask = $5 AND blocks = 0 AND brought_bytes > 0 AND deleted = 0)
            FROM (SELECT 1) one LEFT JOIN checkpoints p ON p.id = $3
              LEFT JOIN checkpoints r ON r.id = $4 AND r.state = $6 AND r.mask = $7 AND r.blocks = 0 AND r.reference IS NOT DISTINCT FROM $8
              LEFT JOIN masks m ON m.id = $5
            """,
            row => new SaveSituation(
                row.OptionalLong(0), row.GetBoolean(1), row.OptionalDigest(2), row.GetInt64(3), row.GetInt64(4), reference is null || !row.IsDBNull(5),
                row.OptionalLong(6), row.GetInt64(7), !row.IsDBNull(8), row.GetInt64(9), row.GetBoolean(10)),
            name, task, step, parent, reference?.Id, mask, reference?.State, reference?.Mask, reference?.Reference)!;
}

/// <summary>A checkpoint that was written.</summary>
/// <param name="Id">Its row.</param>
/// <param name="Bytes">The bytes that it accounts for.</param>
internal sealed record SavedRow(long Id, long Bytes);
