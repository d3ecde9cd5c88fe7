using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>The tables of a schema version, as the migrations create them.</summary>
internal sealed class KnownSchema
{
    private KnownSchema(IReadOnlyList<KnownTable> tables, IReadOnlyDictionary<int, string> roots) => (Tables, Roots) = (tables, roots);

    /// <summary>The tables, in the order of their root pages.</summary>
    public IReadOnlyList<KnownTable> Tables { get; }

    /// <summary>The table or index of each root page in a database that was never vacuumed.</summary>
    public IReadOnlyDictionary<int, string> Roots { get; }

    public static KnownSchema Of(int version)
    {
        using var connection = SqliteCatalogConnection.OpenFile(":memory:",
            "PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA foreign_keys = OFF;");
        Migrations.Make(connection, version);
        var tables = connection.Query(
            """
            SELECT l.name, l.wr FROM pragma_table_list l JOIN sqlite_schema s ON s.name = l.name
            WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite_%' ORDER BY s.rootpage
            """,
            row => (Name: row.GetString(0), HasRowId: row.GetInt64(1) == 0));
        var roots = connection.Query(
            "SELECT rootpage, name FROM sqlite_schema WHERE rootpage > 0", row => (Root: row.GetInt32(0), Name: row.GetString(1)));
        return new KnownSchema(
            [.. tables.Select(table => new KnownTable(table.Name, table.HasRowId, Columns(connection, table.Name, table.HasRowId)))],
            roots.ToDictionary(root => root.Root, root => root.Name));
    }

    // Without row ids the key's columns come first.
    private static List<KnownColumn> Columns(CatalogConnection connection, string table, bool hasRowId) => connection.Query(
        $"""
        SELECT name, type, "notnull", dflt_value IS NOT NULL, pk, sum(pk > 0) OVER () FROM pragma_table_info('{table}')
        ORDER BY iif({(hasRowId ? 1 : 0)} OR pk = 0, 1000 + cid, pk)
        """,
        row => new KnownColumn(
            row.GetString(0), row.GetString(1), row.GetInt64(2) == 0, row.GetInt64(2) == 0 || row.GetInt64(3) != 0,
            hasRowId && row.GetInt64(4) == 1 && row.GetInt64(5) == 1 && row.GetString(1) == "INTEGER"));
}
