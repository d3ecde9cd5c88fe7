using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Bases;

/// <summary>Notes how many bytes the files of bases take: compressed or not, so that a report need not ask the disk.</summary>
internal static class BaseMeasure
{
    /// <summary>Notes it for a base whose files are in place; in the caller's transaction. Adding a base again may have changed their form.</summary>
    public static void Note(CatalogConnection connection, BaseFolder folder, Digest id) => Note(
        connection, folder, BaseTable.FilesOf(connection, id));

    /// <summary>Notes it for files that an earlier program has stored.</summary>
    public static async Task CatchUpAsync(Database database, BaseFolder folder, CancellationToken cancellation)
    {
        using (var snapshot = database.OpenSnapshot())
        {
            if (BaseTable.Unmeasured(snapshot.Connection).Count == 0)
            {
                return;
            }
        }

        await database.WriteAsync(
            connection =>
            {
                Note(connection, folder, BaseTable.Unmeasured(connection));
                return true;
            },
            cancellation);
    }

    private static void Note(CatalogConnection connection, BaseFolder folder, List<(Digest Base, string Name)> files)
    {
        foreach (var (id, name) in files)
        {
            BaseTable.SetStored(connection, id, name, folder.LengthOf(id, name));
        }
    }
}
