using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Copies rows from the pages of a database themselves, for tables that SQLite cannot read to their end: where the schema is damaged, or a
/// page that others are found by.
/// </summary>
internal sealed class PageSalvage
{
    private readonly PageFile pages;
    private readonly PageTree tree;
    private readonly FoundTables found;
    private readonly SqliteCatalogConnection target;

    public PageSalvage(PageFile pages, SqliteCatalogConnection target, CancellationToken cancellation)
    {
        (this.pages, this.target, tree) = (pages, target, new PageTree(pages, cancellation));
        found = new FoundTables(pages, tree);
        if (!found.HasAny)
        {
            throw new FishException(
                ErrorCode.CorruptStore, Database.FileName,
                "No page of the database holds a table that this program knows.", "Restore from a backup.");
        }
    }

    /// <summary>Damaged pages of which it cannot be told what they held.</summary>
    public IReadOnlyList<int> Unknown =>
        [.. tree.Damaged.Where(page =>
            page != 1 && !tree.IsOverflow(page) && tree.RootOf(page) != 1 && !found.TryName(tree.RootOf(page), out _))];

    /// <summary>Copies the rows of a table that are not there yet.</summary>
    /// <param name="table">Its name.</param>
    /// <param name="columns">The columns that the target has.</param>
    /// <returns>The rows that were copied, and what is lost of the table; <see langword="null"/>: nothing.</returns>
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
        return (copied, damaged.Count > 0 ? $"{Say(damaged)} not what was written."
            : cells.Failures + refused > 0
                ? $"{cells.Failures + refused} of its rows run over to pages that are not what was written." : null);
    }

    /// <summary>Names pages in a sentence, with its verb.</summary>
    public static string Say(IReadOnlyList<int> pages) =>
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
