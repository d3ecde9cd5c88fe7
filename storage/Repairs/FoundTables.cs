using System.Buffers.Binary;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Assigns the pages of a damaged database to tables: by readable rows of the schema, else by the form of the rows on the pages.
/// </summary>
internal sealed class FoundTables
{
    private const int Samples = 20;
    private const int VersionAt = 60;
    private const int ApplicationAt = 68;

    private readonly Dictionary<int, string> names = [];
    private readonly Dictionary<int, string?> schemaRows = [];
    private readonly ILookup<int, int> byRoot;
    private readonly PageFile pages;

    public FoundTables(PageFile pages, PageTree tree)
    {
        (this.pages, byRoot) = (pages, tree.ByRoot());
        foreach (var values in byRoot[1].SelectMany(new PageCells(pages).Read).Select(row => row.Values))
        {
            if (values is [string type, string name, _, long root and > 0 and <= int.MaxValue, ..])
            {
                schemaRows[(int)root] = type == "table" ? name : null;
            }
        }

        var groups = byRoot.Where(group => group.Key != 1).Select(group => new PageGroup(group.Key, IsIndex(group), Sample(group)))
            .Where(group => group.Rows.Count > 0).OrderBy(group => group.Root).ToList();
        Schema = Choose(groups);
        foreach (var (root, name) in schemaRows.Where(row => row.Value is not null))
        {
            names[root] = name!;
        }

        Match([.. groups.Where(group => !schemaRows.ContainsKey(group.Root))]);
    }

    /// <summary>The schema of the database.</summary>
    public KnownSchema Schema { get; }

    /// <summary>Whether any table was found.</summary>
    public bool HasAny => names.Count > 0;

    /// <summary>The pages with rows of a table, in order.</summary>
    public IEnumerable<int> PagesOf(string table) => names.Where(name => name.Value == table).SelectMany(name => byRoot[name.Key]).Order();

    /// <summary>The table with a root page; <see langword="null"/> for an index.</summary>
    /// <returns>Whether the root page is known.</returns>
    public bool TryName(int root, out string? table)
    {
        table = names.GetValueOrDefault(root);
        return table is not null || schemaRows.ContainsKey(root);
    }

    private static int Word(byte[] page, int at) => BinaryPrimitives.ReadInt32BigEndian(page.AsSpan(at));

    private bool IsIndex(IEnumerable<int> group) =>
        group.Any(number => pages.TryRead(number)?[0] is PageTree.LeafIndex or PageTree.InnerIndex);

    private List<object?[]> Sample(IEnumerable<int> group) =>
        [.. group.SelectMany(new PageCells(pages).Read).Select(row => row.Values).Take(Samples)];

    // Rows older than a column lack it, so a newer schema matches too, except if columns were dropped.
    private KnownSchema Choose(List<PageGroup> groups)
    {
        if (pages.First is { } first)
        {
            var version = Word(first, VersionAt);
            Migrations.RequireKnown(version, Word(first, ApplicationAt));
            return KnownSchema.Of(version == 0 ? Migrations.Newest : version);
        }

        return Enumerable.Range(1, Migrations.Newest).Reverse().Select(KnownSchema.Of)
            .MaxBy(schema => groups.Count(group => schema.Tables.Any(group.MayBe)))!;
    }

    // Tables with the same columns are assigned in the order of their creation.
    private void Match(List<PageGroup> groups)
    {
        var open = Schema.Tables.Where(table => !schemaRows.ContainsValue(table.Name)).ToList();
        var alike = groups.Select(group => (group.Root, Tables: open.Where(group.MayBe).Select(table => table.Name).ToList()))
            .Where(group => group.Tables.Count > 0).GroupBy(group => string.Join(' ', group.Tables));
        foreach (var (root, tables, place) in alike.SelectMany(same => same.Select((group, index) => (group.Root, group.Tables, index))))
        {
            names[root] = Schema.Roots.TryGetValue(root, out var made) && tables.Contains(made) ? made
                : tables[Math.Min(place, tables.Count - 1)];
        }
    }
}
