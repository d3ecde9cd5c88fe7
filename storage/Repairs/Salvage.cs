using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>Copies every row that can be read of every table that this program knows, whichever schema it was written with.</summary>
internal static class Salvage
{
    // What a repair makes anew.
    private static readonly string[] Left = ["verified", "damage", "totals", "depths", "metrics", "task_tensors", "tasks_to_count"];

    public static void Run(SqliteConnection source, SqliteConnection target, RepairLog log, CancellationToken cancellation)
    {
        foreach (var (table, hasRowId) in target.Query(
            "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
            row => (row.GetString(0), row.GetInt64(1) == 0)).Where(table => !Left.Contains(table.Item1)))
        {
            cancellation.ThrowIfCancellationRequested();
            var known = Columns(source, table);
            if (known.Count == 0)
            {
                continue;
            }

            using var transaction = target.BeginTransaction();
            var salvage = new TableSalvage(source, target, table, [.. Columns(target, table).Where(known.Contains)], hasRowId);
            salvage.Run();
            transaction.Commit();
            if (salvage.HasGaps)
            {
                log.Drop($"database: table {table}", $"CORRUPT_STORE: {salvage.Problem} {salvage.Copied} rows could be read.", [], []);
            }
        }
    }

    private static List<string> Columns(SqliteConnection connection, string table) =>
        connection.Query($"SELECT name FROM pragma_table_info('{table}')", row => row.GetString(0));
}
