using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Copies every readable row of every known table, whatever the schema: through SQLite, and from the pages directly where SQLite cannot.
/// </summary>
internal static class Salvage
{
    // Tables that a repair computes again.
    private static readonly string[] Computed = ["verified", "damage", "totals", "depths", "metrics", "task_tensors", "tasks_to_count"];

    /// <summary>Copies the rows.</summary>
    /// <param name="source">The database; <see langword="null"/> if SQLite cannot read its schema.</param>
    /// <param name="path">The file of the database, without a log.</param>
    /// <param name="target">A new database with the newest schema.</param>
    /// <param name="log">Records what is lost.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    public static void Run(SqliteCatalogConnection? source, string path, SqliteCatalogConnection target, RepairLog log,
        CancellationToken cancellationToken)
    {
        using var pages = new PageFile(path);
        PageSalvage? byPages = null;
        foreach (var (table, hasRowId) in target.Query(
            "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
            row => (row.GetString(0), row.GetInt64(1) == 0)).Where(table => !Computed.Contains(table.Item1)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var columns = Columns(target, table);
            using var transaction = target.Begin();
            var (copied, problem) = source is null ? (0, "SQLite cannot read the schema.") : Copy(source, target, table, hasRowId, columns);
            if (problem is not null)
            {
                byPages ??= new PageSalvage(pages, target, cancellationToken);
                var (more, lost) = byPages.Run(table, columns);
                (copied, problem) = (copied + more, lost ?? (pages.IsChecked || source is null ? null : problem));
            }

            transaction.Commit();
            if (problem is not null)
            {
                log.Drop($"database: table {table}", $"CORRUPT_STORE: {problem} {copied} rows were copied.", [], []);
            }
        }

        if (byPages?.Unknown is { Count: > 0 } unknown)
        {
            log.Drop(
                "database: pages", $"CORRUPT_STORE: {PageSalvage.Subject(unknown)} damaged; their content is unknown.", [], []);
        }
    }

    private static (long Copied, string? Problem) Copy(
        SqliteCatalogConnection source, SqliteCatalogConnection target, string table, bool hasRowId, List<string> columns)
    {
        var known = Columns(source, table);
        if (known.Count == 0)
        {
            return (0, null);
        }

        var salvage = new TableSalvage(source, target, table, [.. columns.Where(known.Contains)], hasRowId);
        salvage.Run();
        return (salvage.Copied, salvage.HasGaps ? salvage.Problem : null);
    }

    private static List<string> Columns(CatalogConnection connection, string table) =>
        connection.Query($"SELECT name FROM pragma_table_info('{table}')", row => row.GetString(0));
}
