using FishCheckpoint.Storage.Catalog;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>Recomputes counters and totals, and removes rows that nothing refers to.</summary>
internal static class Recount
{
    // Rows arrive in any order and triggers count what exists by then, so everything is counted again at the end.
    private const string Totals =
        """
        DELETE FROM totals; DELETE FROM depths; DELETE FROM metrics;
        INSERT INTO totals (base, task, tasks) SELECT x'', 0, count(*) FROM tasks WHERE former_name IS NULL;
        INSERT INTO totals (base, task, tasks)
          SELECT id, 0, (SELECT count(*) FROM tasks t WHERE t.base = bases.id AND t.former_name IS NULL) FROM bases;
        INSERT INTO totals (base, task) SELECT base, id FROM tasks;
        UPDATE totals SET checkpoints = s.checkpoints, logical_bytes = s.logical_bytes, elements = s.elements, changed = s.changed,
          position_bytes = s.position_bytes, value_bytes = s.value_bytes, state_bytes = s.state_bytes, deltas = s.deltas,
          hidden = s.hidden, hidden_bytes = s.hidden_bytes, grace = s.grace, grace_bytes = s.grace_bytes
        FROM (
          SELECT s.base AS of_base, s.task AS of_task, count(*) - sum(deleted) AS checkpoints,
            sum((1 - deleted) * logical_bytes) AS logical_bytes, sum((1 - deleted) * elements) AS elements,
            sum((1 - deleted) * changed) AS changed, sum((1 - deleted) * brought_bytes) AS position_bytes,
            sum((1 - deleted) * value_bytes) AS value_bytes, sum((1 - deleted) * trainer_bytes) AS state_bytes,
            sum((1 - deleted) * depth) AS deltas, sum(deleted) AS hidden,
            sum(deleted * (brought_bytes + value_bytes + trainer_bytes)) AS hidden_bytes, count(expires) AS grace,
            coalesce(sum(brought_bytes + value_bytes + trainer_bytes) FILTER (WHERE expires IS NOT NULL), 0) AS grace_bytes
          FROM checkpoints c CROSS JOIN scopes s ON s.counted = c.task GROUP BY s.base, s.task) s
        WHERE base = s.of_base AND task = s.of_task;
        UPDATE totals SET base_bytes = (
            SELECT coalesce(sum(coalesce(stored, bytes)), 0) FROM base_files f WHERE f.base = totals.base OR totals.base = x'')
          WHERE task = 0;
        INSERT INTO depths SELECT s.base, s.task, c.depth, count(*)
          FROM checkpoints c CROSS JOIN scopes s ON s.counted = c.task WHERE c.deleted = 0 GROUP BY s.base, s.task, c.depth;
        INSERT INTO metrics SELECT c.task, m.key, CAST(m.value AS REAL), c.step
          FROM checkpoints c CROSS JOIN json_each(CASE WHEN json_valid(c.metrics) THEN c.metrics ELSE '{}' END) m
          WHERE c.deleted = 0 AND m.type IN ('integer', 'real');
        DELETE FROM task_tensors;
        INSERT INTO tasks_to_count SELECT id FROM tasks WHERE true ON CONFLICT DO NOTHING;
        """;

    // First each checkpoint's own bytes, then the sums along its chain.
    private const string Chains =
        """
        WITH RECURSIVE earlier (id, at) AS (
          SELECT id, reference FROM checkpoints WHERE reference IS NOT NULL
          UNION ALL SELECT e.id, c.reference FROM earlier e CROSS JOIN checkpoints c ON c.id = e.at WHERE c.reference IS NOT NULL)
        UPDATE checkpoints SET chain_bytes = value_bytes + blocks * brought_bytes
          + CASE blocks WHEN 0 THEN (SELECT m.bytes FROM masks m WHERE m.id = checkpoints.mask) ELSE 0 END
          + coalesce((SELECT sum(c.value_bytes) FROM earlier e JOIN checkpoints c ON c.id = e.at WHERE e.id = checkpoints.id), 0);
        WITH RECURSIVE chain (id, bytes) AS (
          SELECT id, chain_bytes FROM checkpoints WHERE parent IS NULL
          UNION ALL SELECT c.id, chain.bytes + c.chain_bytes FROM chain CROSS JOIN checkpoints c ON c.parent = chain.id)
        UPDATE checkpoints SET chain_bytes = chain.bytes FROM chain WHERE chain.id = checkpoints.id;
        """;

    public static void Run(CatalogConnection connection, IReadOnlyDictionary<long, long> elements)
    {
        // One checkpoint accounts for a mask, preferably a visible one.
        connection.Execute(
            """
            DELETE FROM masks WHERE NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.mask = masks.id);
            UPDATE masks SET frame = NULL, bytes = 0
            WHERE frame IS NOT NULL AND NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.mask = masks.id AND c.blocks = 0);
            UPDATE masks SET bytes = coalesce((SELECT length(head) + payload FROM frames f WHERE f.id = masks.frame), 0);
            UPDATE checkpoints SET brought_bytes = 0 WHERE blocks = 0;
            UPDATE checkpoints SET brought_bytes = (SELECT bytes FROM masks m WHERE m.id = checkpoints.mask)
            WHERE id IN (SELECT id FROM (
              SELECT id, row_number() OVER (PARTITION BY mask ORDER BY deleted, id) AS place FROM checkpoints WHERE blocks = 0)
              WHERE place = 1);
            UPDATE checkpoints SET side_set = NULL WHERE side_set IS NOT NULL AND deleted = 1 AND expires IS NULL;
            DELETE FROM side_sets WHERE id NOT IN (SELECT side_set FROM checkpoints WHERE side_set IS NOT NULL);
            UPDATE checkpoints SET side_set = NULL WHERE side_set IS NOT NULL AND side_set NOT IN (SELECT id FROM side_sets);
            DELETE FROM side_files WHERE id NOT IN (SELECT file FROM side_sets);
            UPDATE side_files SET owner = (
              SELECT c.id FROM side_sets s JOIN checkpoints c ON c.side_set = s.id
              WHERE s.file = side_files.id ORDER BY c.deleted, c.id LIMIT 1);
            UPDATE checkpoints SET side_bytes = coalesce((
              SELECT sum(length(f.head) + f.payload) FROM side_files s JOIN frames f ON f.id = s.frame WHERE s.owner = checkpoints.id), 0);
            UPDATE checkpoints SET trainer_bytes = side_bytes
              + coalesce((SELECT length(head) + payload FROM frames f WHERE f.id = checkpoints.trainer_frame), 0);
            DELETE FROM headers WHERE NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.headers = headers.id);
            DELETE FROM frames WHERE id NOT IN (
              SELECT frame FROM checkpoints UNION SELECT frame FROM masks WHERE frame IS NOT NULL
              UNION SELECT trainer_frame FROM checkpoints WHERE trainer_frame IS NOT NULL UNION SELECT frame FROM side_files);
            DELETE FROM pieces WHERE frame NOT IN (SELECT id FROM frames);
            """);
        foreach (var (task, each) in elements)
        {
            connection.Execute("UPDATE checkpoints SET elements = $1 WHERE task = $0", task, each);
        }

        connection.Execute(Chains);
        connection.Execute(Totals);
    }
}
