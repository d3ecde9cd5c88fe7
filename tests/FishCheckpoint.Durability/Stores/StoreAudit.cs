using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine;
using FishCheckpoint.Storage;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Durability.Stores;

/// <summary>What has to hold of every store, whatever was done to it.</summary>
public static class StoreAudit
{
    private static readonly string[] Zeros =
    [
        """
        SELECT count(*) FROM tasks t LEFT JOIN totals x ON x.base = t.base AND x.task = t.id
        WHERE (x.value_bytes, x.position_bytes, x.checkpoints, x.state_bytes, x.logical_bytes, x.changed) IS NOT
          (SELECT coalesce(sum(value_bytes), 0), coalesce(sum(brought_bytes), 0), count(*), coalesce(sum(trainer_bytes), 0),
          coalesce(sum(logical_bytes), 0),
             coalesce(sum(changed), 0) FROM checkpoints c WHERE c.task = t.id AND c.deleted = 0)
        """,
        "SELECT count(*) FROM checkpoints c JOIN frames f ON f.id = c.frame WHERE c.value_bytes + c.blocks * c.brought_bytes <> "
        + "length(f.head) + f.payload",
        "SELECT count(*) FROM checkpoints c JOIN frames f ON f.id = c.trainer_frame WHERE c.trainer_bytes - c.side_bytes <> length(f.head) "
        + "+ f.payload",
        "SELECT count(*) FROM masks m JOIN frames f ON f.id = m.frame WHERE m.bytes <> length(f.head) + f.payload",
        "SELECT count(*) FROM checkpoints c JOIN masks m ON m.id = c.mask WHERE c.blocks = 0 AND c.brought_bytes NOT IN (0, m.bytes)",
        """
        WITH RECURSIVE earlier (id, at) AS (
          SELECT id, id FROM checkpoints UNION ALL SELECT e.id, c.reference FROM earlier e JOIN checkpoints c ON c.id = e.at
            WHERE c.reference IS NOT NULL),
        link (id, parent, bytes) AS (SELECT c.id, c.parent, iif(c.blocks, 0, m.bytes) + (
          SELECT sum(length(f.head) + f.payload) FROM earlier e JOIN checkpoints r ON r.id = e.at JOIN frames f ON f.id = r.frame
            WHERE e.id = c.id)
          FROM checkpoints c JOIN masks m ON m.id = c.mask),
        chain (id, bytes, depth) AS (
          SELECT id, bytes, 1 FROM link WHERE parent IS NULL
          UNION ALL SELECT l.id, chain.bytes + l.bytes, chain.depth + 1 FROM chain JOIN link l ON l.parent = chain.id)
        SELECT count(*) FROM checkpoints c LEFT JOIN chain ON chain.id = c.id
          WHERE (c.chain_bytes, c.depth) IS NOT (chain.bytes, chain.depth)
        """,
        """
        WITH RECURSIVE earlier (id, at, before) AS (
          SELECT id, reference, 1 FROM checkpoints WHERE reference IS NOT NULL
          UNION ALL SELECT e.id, c.reference, before + 1 FROM earlier e JOIN checkpoints c ON c.id = e.at WHERE c.reference IS NOT NULL)
        SELECT count(*) FROM checkpoints c WHERE c.reference IS NOT NULL AND c.reference_depth IS NOT (SELECT max(before) FROM earlier e
          WHERE e.id = c.id)
        """,
        "SELECT count(*) FROM frames f WHERE f.payload <> (SELECT coalesce(sum(length(data)), 0) FROM pieces WHERE frame = f.id)",
        """
        SELECT count(*) FROM frames WHERE id NOT IN (SELECT frame FROM checkpoints UNION SELECT frame FROM masks WHERE frame IS NOT NULL
          UNION SELECT trainer_frame FROM checkpoints WHERE trainer_frame IS NOT NULL UNION SELECT frame FROM side_files)
        """,
        """
        SELECT count(*) FROM checkpoints c WHERE c.side_bytes <>
          (SELECT coalesce(sum(length(f.head) + f.payload), 0) FROM side_files s JOIN frames f ON f.id = s.frame WHERE s.owner = c.id)
        """,
        """
        SELECT count(*) FROM side_files f
        WHERE NOT EXISTS (SELECT 1 FROM side_sets s JOIN checkpoints c ON c.side_set = s.id WHERE s.file = f.id AND c.id = f.owner)
        """,
        "SELECT count(*) FROM side_sets WHERE id NOT IN (SELECT side_set FROM checkpoints WHERE side_set IS NOT NULL)",
        "SELECT count(*) FROM pieces WHERE frame NOT IN (SELECT id FROM frames)",
        "SELECT count(*) FROM headers WHERE id NOT IN (SELECT headers FROM checkpoints WHERE headers IS NOT NULL)",
        "SELECT count(*) FROM masks WHERE id NOT IN (SELECT mask FROM checkpoints)",
        """
        SELECT count(*) FROM checkpoints c WHERE deleted = 1 AND NOT EXISTS (SELECT 1 FROM checkpoints o
          WHERE o.parent = c.id OR o.reference = c.id)
          AND NOT EXISTS (SELECT 1 FROM tasks WHERE origin = c.id) AND expires IS NULL
        """,
        "SELECT count(*) FROM checkpoints WHERE deleted = 1 AND expires IS NULL AND (trainer_frame IS NOT NULL OR former_tags IS NOT NULL "
        + "OR with_task = 1)",
        "SELECT count(*) FROM checkpoints WHERE deleted = 0 AND (expires IS NOT NULL OR former_tags IS NOT NULL OR with_task = 1)",
        """
        SELECT count(*) FROM checkpoints c JOIN tasks t ON t.id = c.task
        WHERE (t.former_name IS NOT NULL AND c.deleted = 0) OR (t.former_name IS NULL AND c.with_task = 1)
        """,
        """
        SELECT count(*) FROM totals x WHERE x.base = x'' AND x.task = 0 AND (x.grace, x.grace_bytes) IS NOT
          (SELECT count(*), coalesce(sum(brought_bytes + value_bytes + trainer_bytes), 0) FROM checkpoints WHERE expires IS NOT NULL)
        """,
        "SELECT count(*) FROM pragma_foreign_key_check",
        "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    ];

    /// <summary>Compares totals with what they are totals of, verifies every checkpoint, and looks for what nobody needs.</summary>
    /// <returns>What is wrong.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(CheckpointStore store)
    {
        var options = (StoreOptions)store.Options;
        var wrong = new List<string>(Recount(Path.Combine(options.DataFolder, "fish.db")));
        var report = await store.Reports.GetStorageAsync();
        var counted = 0L;
        foreach (var task in (await store.Tasks.ListAsync(new PageRequest(1000)).ReadPageAsync()).Items)
        {
            foreach (var step in (await store.Checkpoints.ListAsync(task.Name, new PageRequest(1000)).ReadPageAsync()).Items)
            {
                counted += step.StoredBytes;
                if (await store.Maintenance.VerifyCheckpointAsync(task.Name, StepRef.At(step.Step)) is { Sound: false } verified)
                {
                    wrong.Add($"{task.Name}/{step.Step} is not sound: {verified.Problem}");
                }
            }
        }

        if (counted != report.Stored.Total)
        {
            wrong.Add($"the report counts {report.Stored.Total} bytes stored; the checkpoints {counted}");
        }

        return [.. wrong, .. Leftovers(options)];
    }

    private static IEnumerable<string> Recount(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        foreach (var sql in Zeros)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            if (command.ExecuteScalar() is not 0L)
            {
                yield return $"not none: {sql}";
            }
        }
    }

    // Once it is open, nothing is left of those that were killed.
    private static IEnumerable<string> Leftovers(StoreOptions options)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(options.DataFolder, "fish.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT lower(hex(id)) FROM bases";
        using var rows = command.ExecuteReader();
        var known = new HashSet<string>(StringComparer.Ordinal);
        while (rows.Read())
        {
            known.Add(rows.GetString(0));
        }

        return Directory.EnumerateFiles(Path.Combine(options.DataFolder, "tmp"), "*", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith(".lock", StringComparison.Ordinal))
            .Concat(
                Directory.EnumerateDirectories(Path.Combine(options.DataFolder, "bases"))
                .Where(folder => !known.Contains(Path.GetFileName(folder))))
            .Concat(Directory.EnumerateFiles(Path.Combine(options.DataFolder, "bases"), "*.tmp", SearchOption.AllDirectories))
            .Select(path => $"left over: {path}");
    }
}
