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

    private const string NameOfBase = "(SELECT min(name) FROM base_names n WHERE n.base = x.base)";

    public static StorageReport OfTask(CatalogConnection connection, string task) =>
        connection.Single(
            $"SELECT t.name, {NameOfBase}, {TotalsRow.Columns} FROM tasks t JOIN totals x ON x.base = t.base AND x.task = t.id WHERE t.name = $0",
            TotalsRow.Read, task)?.ToReport()
            ?? throw new FishException(ErrorCode.TaskNotFound, task, "There is no such task.", "Make it first, or list the tasks.");

    public static StorageReport OfBase(CatalogConnection connection, string nameOrId) => connection.Single(
        $"SELECT NULL, {NameOfBase}, {TotalsRow.Columns} FROM totals x WHERE x.base = $0 AND x.task = 0",
        TotalsRow.Read, BaseTable.Resolve(connection, nameOrId))!.ToReport();

    public static StorageReport OfStore(CatalogConnection connection, string databasePath)
    {
        var whole = connection.Single($"SELECT NULL, NULL, {TotalsRow.Columns} FROM totals x WHERE x.base = x'' AND x.task = 0", TotalsRow.Read)!;
        var bases = connection.Query(
            $"SELECT NULL, {NameOfBase}, {TotalsRow.Columns} FROM (SELECT id FROM bases LIMIT $0) b JOIN totals x ON x.base = b.id AND x.task = 0", TotalsRow.Read, Most);
        var tasks = connection.Query(
            $"""
            SELECT t.name, {NameOfBase}, {TotalsRow.Columns} FROM totals x CROSS JOIN tasks t ON t.id = x.task WHERE x.task > 0 AND t.former_name IS NULL
            ORDER BY x.position_bytes + x.value_bytes + x.state_bytes DESC, x.task DESC LIMIT $0
            """,
            TotalsRow.Read, Most);
        return whole.ToReport(
            Disk(connection, databasePath, whole), [.. bases.OrderByDescending(row => row.Stored).Select(row => row.ToReport())],
            [.. tasks.Select(row => row.ToReport())], StoreIdentity.Read(connection));
    }

    /// <summary>What can be brought back of the whole store.</summary>
    public static GraceUse GraceOfStore(CatalogConnection connection) => connection.Single(
        $"SELECT NULL, NULL, {TotalsRow.Columns} FROM totals x WHERE x.base = x'' AND x.task = 0", TotalsRow.Read)!.ToUse();

    private static DiskUse Disk(CatalogConnection connection, string path, TotalsRow whole)
    {
        var pageSize = connection.Scalar<long>("PRAGMA page_size");
        var free = connection.Scalar<long>("PRAGMA freelist_count") * pageSize;
        var database = connection.Scalar<long>("PRAGMA page_count") * pageSize;
        var log = new FileInfo(path + "-wal");
        return new DiskUse(
            whole.BaseBytes, database, log.Exists ? log.Length : 0, free, whole.Hidden, whole.GraceBytes,
            Math.Max(0, database - free - whole.Hidden - whole.GraceBytes - whole.Stored));
    }
}
