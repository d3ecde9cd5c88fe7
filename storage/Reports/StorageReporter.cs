using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Storage.Reports;

/// <summary>Reads reports off the running totals.</summary>
internal static class StorageReporter
{
    private const int Most = 1000;

    public static StorageReport OfTask(CatalogConnection connection, string task) => TotalsTable.OfTask(connection, task)?.ToReport()
        ?? throw new FishException(ErrorCode.TaskNotFound, task, "There is no such task.", "Make it first, or list the tasks.");

    public static StorageReport OfBase(CatalogConnection connection, string nameOrId) =>
        TotalsTable.OfBase(connection, BaseTable.Resolve(connection, nameOrId)).ToReport();

    public static StorageReport OfStore(CatalogConnection connection, string databasePath)
    {
        var whole = TotalsTable.OfStore(connection);
        var (bases, tasks) = (TotalsTable.Bases(connection, Most), TotalsTable.Tasks(connection, Most));
        return whole.ToReport(
            Disk(connection, databasePath, whole), [.. bases.OrderByDescending(row => row.Stored).Select(row => row.ToReport())],
            [.. tasks.Select(row => row.ToReport())], StoreIdentity.Read(connection));
    }

    /// <summary>What can be brought back of the whole store.</summary>
    public static GraceUse GraceOfStore(CatalogConnection connection) => TotalsTable.OfStore(connection).ToUse();

    private static DiskUse Disk(CatalogConnection connection, string path, TotalsRow whole)
    {
        var (free, database) = (Space.Unused(connection), Space.Total(connection));
        var log = new FileInfo(path + "-wal");
        return new DiskUse(
            whole.BaseBytes, database, log.Exists ? log.Length : 0, free, whole.Hidden, whole.GraceBytes,
            Math.Max(0, database - free - whole.Hidden - whole.GraceBytes - whole.Stored));
    }
}
