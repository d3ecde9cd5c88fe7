using FishCheckpoint.Engine.Maintenance;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Backups;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Copies the bases' files: from the damaged folder if whole, else from the caller's files, else from another base with the same file.
/// </summary>
internal sealed class SalvagedBases(RepairOptions repair, RepairLog log)
{
    public void Run(CatalogConnection connection, CancellationToken cancellationToken)
    {
        var meter = new ProgressReporter(repair.Progress);
        meter.Expect(BaseCopy.BytesOf(connection));
        var copy = new BaseCopy(BaseFolder.At(repair.DataFolder), repair.To, link: false, meter);
        copy.Run(connection, cancellationToken);
        foreach (var damaged in copy.Damaged)
        {
            var (id, name) = (Digest.Parse(damaged.Key["base ".Length..][..64]), damaged.Key[("base ".Length + 65)..]);
            var file = connection.Rows.Bases.Content(id).FileOf(name);
            var target = Path.Combine(BaseFolder.PathOf(repair.To, id), name);
            if (Candidates(connection, file).FirstOrDefault(path => BaseFileCheck.Full(file, path, cancellationToken) is null) is { } whole)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Delete(target);
                BaseCopy.CopyFile(whole, target, meter, cancellationToken);
                AtomicFile.SyncFolder(Path.GetDirectoryName(target)!);
                log.Rebuilt.Add($"{damaged.Key} was copied from {whole}.");
                continue;
            }

            var affected =
                connection.Scalar<long>(
                    "SELECT count(*) FROM checkpoints c JOIN tasks t ON t.id = c.task WHERE t.base = $0 AND c.deleted = 0", id);
            if (!repair.DropDamagedBases)
            {
                throw new FishException(
                    ErrorCode.CorruptBase, damaged.Key, $"{damaged.Problem} {affected} checkpoints depend on this base.",
                    "Name a whole file with --base, add the base again to the damaged folder, "
                        + "or drop the base and its checkpoints with --drop-damaged-bases.");
            }

            log.Quarantine(BaseFolder.At(repair.DataFolder).PathOf(id, name), $"base-{id}-{name.Replace('/', '-')}");
        }
    }

    /// <summary>Removes the rows of a base and of its tasks after their checkpoints.</summary>
    public static void Forget(CatalogConnection connection, Digest id)
    {
        connection.Execute("DELETE FROM tasks WHERE base = $0", id);
        connection.Execute("DELETE FROM base_names WHERE base = $0", id);
        connection.Execute("DELETE FROM base_files WHERE base = $0", id);
        connection.Execute("DELETE FROM bases WHERE id = $0", id);
    }

    /// <summary>Removes rows of a table without row ids whose referenced row is missing.</summary>
    public static void DropReferring(CatalogConnection connection, string table, string missing)
    {
        foreach (var (from, to) in connection.Query(
            $"SELECT \"from\", \"to\" FROM pragma_foreign_key_list('{table}') WHERE \"table\" = $0", row =>
                (row.GetString(0), row.GetString(1)), missing))
        {
            connection.Execute(
                $"DELETE FROM \"{table}\" WHERE \"{from}\" IS NOT NULL AND \"{from}\" NOT IN (SELECT \"{to}\" FROM \"{missing}\")");
        }
    }

    private IEnumerable<string> Candidates(CatalogConnection connection, BaseFile file) => repair.Bases.Where(File.Exists)
        .Concat(connection.Query(
        "SELECT base, name FROM base_files WHERE sha256 = $0", row => BaseFolder.At(repair.DataFolder)
            .PathOf(row.Digest(0), row.GetString(1)), file.Sha256).Where(File.Exists));
}
