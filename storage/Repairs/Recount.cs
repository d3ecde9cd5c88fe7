using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>Counts anew what is only counted, and removes what nothing refers to.</summary>
internal static class Recount
{
    public static void Run(SqliteConnection connection, IReadOnlyDictionary<long, long> elements)
    {
        // A mask is accounted to one checkpoint that is there, as long as there is one.
        connection.Execute(
            """
            DELETE FROM masks WHERE NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.mask = masks.id);
            UPDATE masks SET frame = NULL, bytes = 0 WHERE frame IS NOT NULL AND NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.mask = masks.id AND c.blocks = 0);
            UPDATE masks SET bytes = coalesce((SELECT length(head) + payload FROM frames f WHERE f.id = masks.frame), 0);
            UPDATE checkpoints SET brought_bytes = 0 WHERE blocks = 0;
            UPDATE checkpoints SET brought_bytes = (SELECT bytes FROM masks m WHERE m.id = checkpoints.mask)
            WHERE blocks = 0 AND id IN (SELECT min(id) FROM checkpoints WHERE blocks = 0 AND deleted = 0 GROUP BY mask);
            UPDATE checkpoints SET trainer_bytes = coalesce((SELECT length(head) + payload FROM frames f WHERE f.id = checkpoints.trainer_frame), 0);
            DELETE FROM headers WHERE NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.headers = headers.id);
            DELETE FROM frames WHERE id NOT IN (SELECT frame FROM checkpoints UNION SELECT frame FROM masks WHERE frame IS NOT NULL
              UNION SELECT trainer_frame FROM checkpoints WHERE trainer_frame IS NOT NULL);
            DELETE FROM pieces WHERE frame NOT IN (SELECT id FROM frames);
            UPDATE tasks SET (checkpoints, logical_bytes, changed, position_bytes, value_bytes, state_bytes) = (
              SELECT count(*), coalesce(sum(c.logical_bytes), 0), coalesce(sum(c.changed), 0), coalesce(sum(c.brought_bytes), 0), coalesce(sum(c.value_bytes), 0),
                coalesce(sum(c.trainer_bytes), 0) FROM checkpoints c WHERE c.task = tasks.id AND c.deleted = 0);
            """);
        foreach (var (task, each) in elements)
        {
            connection.Execute("UPDATE tasks SET elements = checkpoints * $1 WHERE id = $0", task, each);
        }
    }
}
