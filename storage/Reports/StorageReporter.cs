using FishCheckpoint.Errors;
using FishCheckpoint.Reports;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Reports;

/// <summary>Reads reports off the running totals.</summary>
internal static class StorageReporter
{
    private const int MostTasks = 1000;

    private const string Columns = "name, checkpoints, logical_bytes, elements, changed, position_bytes, value_bytes, state_bytes";

    public static StorageReport OfTask(SqliteConnection connection, string task) =>
        connection.Single($"SELECT {Columns} FROM tasks WHERE name = $0", Read, task)?.ToReport(null, null)
            ?? throw new FishException(ErrorCode.TaskNotFound, task, "There is no such task.", "Make it first, or list the tasks.");

    public static StorageReport OfStore(SqliteConnection connection, string databasePath, BaseFolder folder)
    {
        var tasks = connection.Query(
            $"SELECT {Columns} FROM tasks ORDER BY position_bytes + value_bytes + state_bytes DESC, name LIMIT $0", Read, MostTasks);
        var whole = connection.Single(
            """
            SELECT NULL, total(checkpoints), total(logical_bytes), total(elements), total(changed), total(position_bytes), total(value_bytes),
              total(state_bytes) FROM tasks
            """,
            ReadTotal)!;
        return whole.ToReport(Disk(connection, databasePath, folder, whole), [.. tasks.Select(task => task.ToReport(null, null))]);
    }

    private static DiskUse Disk(SqliteConnection connection, string path, BaseFolder folder, Totals whole)
    {
        var pageSize = connection.Scalar<long>("PRAGMA page_size");
        var free = connection.Scalar<long>("PRAGMA freelist_count") * pageSize;
        var database = connection.Scalar<long>("PRAGMA page_count") * pageSize;
        var (waiting, log) = (Reclaimable(connection), new FileInfo(path + "-wal"));
        return new DiskUse(
            StoredBases(connection, folder), database, log.Exists ? log.Length : 0, free, waiting,
            Math.Max(0, database - free - waiting - whole.Positions - whole.Values - whole.State));
    }

    // A base's files may be compressed, and another process may add it again in another form: what lies there counts.
    private static long StoredBases(SqliteConnection connection, BaseFolder folder) =>
        connection.Query("SELECT base, name FROM base_files", row => folder.LengthOf(row.Digest(0), row.GetString(1))).Sum();

    // Deleted checkpoints that others are laid against, and masks that only these use.
    private static long Reclaimable(SqliteConnection connection) => connection.Scalar<long>(
        """
        SELECT (SELECT coalesce(sum(value_bytes + brought_bytes), 0) FROM checkpoints WHERE deleted = 1)
          + (SELECT coalesce(sum(bytes), 0) FROM masks WHERE id IN (SELECT mask FROM checkpoints WHERE deleted = 1)
               AND NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.mask = masks.id AND c.deleted = 0 AND c.blocks = 0))
        """);

    private static Totals Read(SqliteDataReader row) => new(
        row.OptionalText(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7));

    private static Totals ReadTotal(SqliteDataReader row) => new(
        null, (long)row.GetDouble(1), (long)row.GetDouble(2), (long)row.GetDouble(3), (long)row.GetDouble(4), (long)row.GetDouble(5),
        (long)row.GetDouble(6), (long)row.GetDouble(7));

    private sealed record Totals(
        string? Task, long Checkpoints, long Logical, long Elements, long Changed, long Positions, long Values, long State)
    {
        public StorageReport ToReport(DiskUse? disk, IReadOnlyList<StorageReport>? tasks)
        {
            var stored = Positions + Values + State;
            return new StorageReport(
                Task, Checkpoints, Logical, new StoredBytes(Positions, Values, State, stored), Share(Logical, stored), Changed, Share(Changed, Elements),
                Share(Positions + Values, Changed), disk, tasks);
        }

        private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
    }
}
