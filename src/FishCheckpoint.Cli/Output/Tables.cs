using Spectre.Console;
using Spectre.Console.Rendering;

namespace FishCheckpoint.Cli.Output;

/// <summary>The one look of tables, and bars in them.</summary>
internal static class Tables
{
    private const int BarWidth = 24;

    /// <summary>A table; a column whose name starts with <c>&gt;</c> is aligned to the right.</summary>
    public static Table Create(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple, ShowHeaders = true };
        foreach (var column in columns)
        {
            var right = column.StartsWith('>');
            var header = new TableColumn(new Text(right ? column[1..] : column)) { NoWrap = true };
            table.AddColumn(right ? header.RightAligned() : header);
        }

        return table;
    }

    /// <summary>A row of plain text.</summary>
    public static void Row(this Table table, params string[] cells) => table.AddRow(cells.Select(cell => (IRenderable)new Text(cell)));

    /// <summary>A row of text and then bars.</summary>
    public static void Row(this Table table, string[] cells, params IRenderable[] more) =>
        table.AddRow(cells.Select(cell => (IRenderable)new Text(cell)).Concat(more));

    /// <summary>A bar for a share from 0 to 1; what is not nothing shows at least a sliver.</summary>
    public static IRenderable Bar(double share, Color color, int width = BarWidth)
    {
        const string Eighths = " ▏▎▍▌▋▊▉";
        var parts = (int)Math.Round(Math.Clamp(share, 0, 1) * width * 8);
        parts = share > 0 ? Math.Max(1, parts) : 0;
        var text = new string('█', parts / 8) + (parts % 8 > 0 ? Eighths[parts % 8].ToString() : string.Empty);
        return new Text(text, new Style(color));
    }
}
