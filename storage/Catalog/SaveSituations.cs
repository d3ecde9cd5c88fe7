using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

internal sealed partial class CheckpointTable
{
    public SaveSituation SituationOf(string name, long task, long step, Digest mask, long? parent, CheckpointRow? reference) =>
        connection.Single(
            """
            WITH RECURSIVE earlier (id) AS (SELECT CAST($4 AS bigint)
              UNION ALL SELECT c.reference FROM earlier CROSS JOIN checkpoints c WHERE c.id = earlier.id AND c.reference IS NOT NULL)
            SELECT (SELECT id FROM tasks WHERE name = $0),
              EXISTS (SELECT 1 FROM checkpoints WHERE task = $1 AND step = $2 AND deleted = 0),
              p.state, coalesce(p.depth, 0), coalesce(p.chain_bytes, 0),
              r.id, r.reference_depth, (SELECT coalesce(sum(value_bytes), 0) FROM checkpoints WHERE id IN (SELECT id FROM earlier)),
              m.frame, coalesce(m.bytes, 0),
              EXISTS (SELECT 1 FROM checkpoints WHERE mask = $5 AND blocks = 0 AND brought_bytes > 0 AND deleted = 0)
            FROM (SELECT 1) one LEFT JOIN checkpoints p ON p.id = $3
              LEFT JOIN checkpoints r ON r.id = $4 AND r.state = $6 AND r.mask = $7 AND r.blocks = 0 AND r.reference IS NOT DISTINCT FROM $8
              LEFT JOIN masks m ON m.id = $5
            """,
            row => new SaveSituation(
                row.OptionalLong(0), row.GetBoolean(1), row.OptionalDigest(2), row.GetInt64(3), row.GetInt64(4), reference is null
                    || !row.IsDBNull(5),
                row.OptionalLong(6), row.GetInt64(7), !row.IsDBNull(8), row.GetInt64(9), row.GetBoolean(10)),
            name, task, step, parent, reference?.Id, mask, reference?.State, reference?.Mask, reference?.Reference)!;
}
