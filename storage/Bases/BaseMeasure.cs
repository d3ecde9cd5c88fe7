using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Bases;

/// <summary>Notes how many bytes the files of bases take: compressed or not, so that a report need not ask the disk.</summary>
internal static class BaseMeasure
{
    /// <summary>Notes it for a base whose files are in place; in the caller's transaction. Adding a base again may have changed their form.</summary>
    public static void Note(CatalogConnection connection, BaseFolder folder, Digest id) => Note(
        connection, folder, connection.Query("SELECT base, name FROM base_files WHERE base = $0", row => (row.Digest(0), row.GetString(1)), id));

    /// <summary>Notes it for files that an earlier program has stored.</summary>
    public static async Task CatchUpAsync(Database database, BaseFolder folder, CancellationToken cancellation)
    {
        using (var snapshot = database.OpenSnapshot())
        {
            if (Missing(snapshot.Connection).Count == 0)
            {
                return;
            }
        }

        await database.WriteAsync(
            connection =>
            {
                Note(connection, folder, Missing(connection));
                return true;
            },
            cancellation);
    }

    private static List<(Digest Base, string Name)> Missing(CatalogConnection connection) => connection.Query(
        "SELECT base, name FROM base_files WHERE stored IS NULL", row => (row.Digest(0), row.GetString(1)));

    private static void Note(CatalogConnection connection, BaseFolder folder, List<(Digest Base, string Name)> files)
    {
        foreach (var (id, name) in files)
        {
            connection.Execute(
                "UPDATE base_files SET stored = $2 WHERE base = $0 AND name = $1 AND stored IS NOT $2", id, name, folder.LengthOf(id, name));
        }
    }
}
