using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Storage.Catalog;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Rebuilds lost rows of bases from the rows of their files. A base's id is the digest of these, so it proves that no file is missing.
/// </summary>
internal static class BaseRebuild
{
    public static void Run(CatalogConnection connection, RepairLog log)
    {
        foreach (var id in connection.Query(
            "SELECT DISTINCT base FROM base_files WHERE base NOT IN (SELECT id FROM bases)", row => row.Digest(0)))
        {
            try
            {
                var content = connection.Rows.Bases.Content(id);
                if (BaseContent.IdentityOf(content.AllFiles) == id)
                {
                    var created = connection.Scalar<long>("SELECT coalesce(min(created), 0) FROM tasks WHERE base = $0", id);
                    new BaseTable(connection).InsertRow(content, DateTimeOffset.FromUnixTimeMilliseconds(created));
                    log.Rebuilt.Add($"The row of base {id} was rebuilt from the rows of its files; the key that added it is lost.");
                }
            }
            catch (Exception error) when (Problems.IsDamage(error))
            {
                // The base is lost; the checkpoints on it are dropped and listed later.
            }
        }
    }
}
