using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>Removes lost side files from their sets. A set's id depends on its content, so a set without a file is another set.</summary>
internal static class SideFileRows
{
    /// <summary>Drops a side file.</summary>
    public static void Drop(CatalogConnection connection, long file)
    {
        var sets = connection.Query("SELECT DISTINCT id FROM side_sets WHERE file = $0", row => row.Digest(0), file);
        connection.Execute("DELETE FROM side_sets WHERE file = $0; DELETE FROM side_files WHERE id = $0", file);
        sets.ForEach(set => Rename(connection, set));
    }

    /// <summary>Drops the names of files whose rows are lost.</summary>
    public static void DropLost(CatalogConnection connection, RepairLog log)
    {
        const string Lost = "file NOT IN (SELECT id FROM side_files)";
        foreach (var name in connection.Query(
            $"""
            SELECT s.name || ' of ' || coalesce(t.name, 'task ' || c.task) || '/' || c.step
            FROM side_sets s JOIN checkpoints c ON c.side_set = s.id LEFT JOIN tasks t ON t.id = c.task
            WHERE s.{Lost} AND c.deleted = 0 ORDER BY 1
            """,
            row => row.GetString(0)))
        {
            log.Drop($"side file {name}", "CORRUPT_STORE: The content is lost; the checkpoint is kept without it.", [], []);
        }

        var sets = connection.Query($"SELECT DISTINCT id FROM side_sets WHERE {Lost}", row => row.Digest(0));
        connection.Execute($"DELETE FROM side_sets WHERE {Lost}");
        sets.ForEach(set => Rename(connection, set));
    }

    private static void Rename(CatalogConnection connection, Digest set)
    {
        var id = StoredSideFile.SetOf(connection.Rows.SideFiles.Of(set).Select(file => (file.Name, file.Sha256)));
        connection.Execute("UPDATE checkpoints SET side_set = $1 WHERE side_set = $0", set, id);
        if (id is not null)
        {
            connection.Execute(
                "INSERT INTO side_sets (id, name, file) SELECT $1, name, file FROM side_sets WHERE id = $0 ON CONFLICT DO NOTHING", set,
                id);
        }

        connection.Execute("DELETE FROM side_sets WHERE id = $0", set);
    }
}
