using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Copies rows directly from pages, for tables that SQLite cannot read to the end because the schema or an inner page is damaged.
/// </summary>
internal sealed class PageSalvage
{
    private readonly PageFile pages;
    private readonly PageTree tree;
    private readonly FoundTables found;
    private readonly SqliteCatalogConnection target;

    public PageSalvage(PageFile pages, SqliteCatalogConnection target, CancellationToken cancellationToken)
    {
        (this.pages, this.target, tree) = (pages, target, new PageTree(pages, cancellationToken));
        found = new FoundTables(pages, tree);
        if (!found.HasAny)
        {
            throw new FishException(
                ErrorCode.CorruptStore, Database.FileName,
                "No page of the database has a known table.", "Restore from a backup.");
        }
    }

    /// <summary>Damaged pages that no table can be assigned to.</summary>
    public IReadOnlyList<int> Unknown =>
        [.. tree.Damaged.Where(page =>
            page != 1 && !tree.IsOverflow(page) && tree.RootOf(page) != 1 && !found.TryName(tree.RootOf(page), out _))];

    /// <summary>Copies the rows of a table that the target does not have.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="columns">The columns of the target.</param>
    /// <returns>The number of copied rows, and the damage of the table; <see langword="null"/> for none.</returns>
    public (long Copied, string? Problem) Run(string table, IReadOnlyCollection<string> columns)
    {
        if (found.Schema.Tables.FirstOrDefault(one => one.Name == table) is not { } known)
        {
            return (0, null);
        }

        var (cells, copied, refused) = (new PageCells(pages), 0L, 0);
        var inserts = new Dictionary<int, SqliteCommand>();
        foreach (var (row, values) in found.PagesOf(table).SelectMany(cells.Read).Where(row => row.Values.Length <= known.Columns.Count))
        {
            var insert = inserts.TryGetValue(values.Length, out var made) ? made
                : inserts[values.Length] = Insert(known, values.Length, columns);
            foreach (SqliteParameter parameter in insert.Parameters)
            {
                var place = int.Parse(parameter.ParameterName.AsSpan(1), provider: null);
                parameter.Value = (known.Columns[place].IsRowNumber ? row : values[place]) ?? DBNull.Value;
            }

            try
            {
                copied += insert.ExecuteNonQuery();
            }
            catch (SqliteException error) when (error.SqliteErrorCode is SQLitePCL.raw.SQLITE_CONSTRAINT or SQLitePCL.raw.SQLITE_MISMATCH)
            {
                refused++;
            }
        }

        foreach (var insert in inserts.Values)
        {
            insert.Dispose();
        }

        var damaged = tree.Damaged.Where(page =>
            found.TryName(tree.RootOf(page), out var name) && name == table
            && !tree.IsOverflow(page) && !(known.HasRowId && tree.IsInner(page))).ToList();
        return (copied, damaged.Count > 0 ? $"{Subject(damaged)} damaged."
            : cells.Failures + refused > 0
                ? $"{cells.Failures + refused} of its rows continue on damaged pages." : null);
    }

    /// <summary>Lists pages as the subject of a sentence, with its verb.</summary>
    public static string Subject(IReadOnlyList<int> pages) =>
        pages.Count == 1 ? $"Page {pages[0]} of {Database.FileName} is"
            : $"Pages {string.Join(", ", pages.Take(10))}{(pages.Count > 10 ? ", ..." : "")} of {Database.FileName} are";

    private SqliteCommand Insert(KnownTable known, int count, IReadOnlyCollection<string> columns)
    {
        var taken = Enumerable.Range(0, count).Where(index => columns.Contains(known.Columns[index].Name)).ToList();
        var insert = target.Sqlite.CreateCommand();
        insert.CommandText = $"INSERT OR IGNORE INTO \"{known.Name}\" "
            + $"({string.Join(", ", taken.Select(index => $"\"{known.Columns[index].Name}\""))}) "
            + $"VALUES ({string.Join(", ", taken.Select(index => $"${index}"))})";
        taken.ForEach(index => insert.Parameters.Add(new SqliteParameter($"${index}", DBNull.Value)));
        return insert;
    }
}
