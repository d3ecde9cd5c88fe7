using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Finds the checkpoints that cannot be read because of something damaged: those that need it, and those that are laid against or guessed from them.</summary>
internal static class Affected
{
    public static List<AffectedCheckpoint> ByMask(CatalogConnection connection, Digest mask) =>
        WithDependents(connection, "SELECT id FROM checkpoints WHERE mask = $0 AND blocks = 0", mask);

    public static List<AffectedCheckpoint> ByCheckpoint(CatalogConnection connection, long checkpoint) =>
        WithDependents(connection, "SELECT id FROM checkpoints WHERE id = $0", checkpoint);

    public static List<AffectedCheckpoint> ByState(CatalogConnection connection, long checkpoint) => Listed(connection, "c.id = $0", checkpoint);

    public static List<AffectedCheckpoint> BySideFile(CatalogConnection connection, long file) =>
        Listed(connection, "c.side_set IN (SELECT id FROM side_sets WHERE file = $0)", file);

    public static List<AffectedCheckpoint> ByTask(CatalogConnection connection, long task) => Listed(connection, "c.task = $0", task);

    public static List<AffectedCheckpoint> ByHeaders(CatalogConnection connection, Digest headers) => Listed(connection, "c.headers = $0", headers);

    private static List<AffectedCheckpoint> WithDependents(CatalogConnection connection, string seed, object? key) => connection.Query(
        $"""
        WITH RECURSIVE hit (id) AS (
          {seed}
          UNION SELECT c.id FROM hit CROSS JOIN checkpoints c WHERE c.parent = hit.id OR c.reference = hit.id)
        SELECT c.id, t.name || '/' || c.step FROM hit JOIN checkpoints c ON c.id = hit.id JOIN tasks t ON t.id = c.task
        WHERE c.deleted = 0 ORDER BY t.name, c.step
        """,
        Read, key);

    private static List<AffectedCheckpoint> Listed(CatalogConnection connection, string which, object? key) => connection.Query(
        $"SELECT c.id, t.name || '/' || c.step FROM checkpoints c JOIN tasks t ON t.id = c.task WHERE {which} AND c.deleted = 0 ORDER BY t.name, c.step", Read, key);

    private static AffectedCheckpoint Read(CatalogRow row) => new(row.GetInt64(0), row.GetString(1));
}
