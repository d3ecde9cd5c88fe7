using FishCheckpoint.Storage.Catalog;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>Drops checkpoints with all that depend on them, and moves what is left of their frames to quarantine.</summary>
internal static class Dropping
{
    /// <summary>Drops checkpoints and all that are based on or predicted from them.</summary>
    /// <param name="connection">A connection without foreign keys, which are checked at the end.</param>
    /// <param name="log">Records what was dropped.</param>
    /// <param name="key">The damaged item.</param>
    /// <param name="problem">The problem.</param>
    /// <param name="seed">A query for the ids of the checkpoints, with the parameter <c>$0</c>.</param>
    /// <param name="argument">The parameter.</param>
    public static void Run(CatalogConnection connection, RepairLog log, string key, string problem, string seed, object? argument)
    {
        connection.Execute("CREATE TEMP TABLE IF NOT EXISTS dropped (id INTEGER PRIMARY KEY); DELETE FROM dropped;");
        connection.Execute(
            $"""
            WITH RECURSIVE hit (id) AS (
              {seed}
              UNION SELECT c.id FROM checkpoints c JOIN hit ON c.parent = hit.id
              UNION SELECT c.id FROM checkpoints c JOIN hit ON c.reference = hit.id)
            INSERT INTO dropped SELECT id FROM hit
            """,
            argument);
        var names = connection.Query(
            """
            SELECT coalesce(t.name, 'task ' || c.task) || '/' || c.step FROM checkpoints c LEFT JOIN tasks t ON t.id = c.task
            WHERE c.id IN (SELECT id FROM dropped) AND c.deleted = 0 ORDER BY 1
            """,
            row => row.GetString(0));
        var frames = connection.Query(
            """
            SELECT frame FROM checkpoints WHERE id IN (SELECT id FROM dropped)
            UNION SELECT trainer_frame FROM checkpoints WHERE id IN (SELECT id FROM dropped) AND trainer_frame IS NOT NULL
            UNION SELECT m.frame FROM masks m
              WHERE m.frame IS NOT NULL AND m.id IN (SELECT mask FROM checkpoints WHERE id IN (SELECT id FROM dropped))
            """,
            row => row.GetInt64(0));
        log.Drop(key, problem, names, [.. frames.Select(frame => log.Quarantine(connection, frame)).OfType<string>()]);
        connection.Execute(
            "DELETE FROM tags WHERE checkpoint IN (SELECT id FROM dropped); DELETE FROM checkpoints WHERE id IN (SELECT id FROM dropped);");
    }
}
