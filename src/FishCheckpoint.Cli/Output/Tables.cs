using Spectre.Console;

namespace FishCheckpoint.Cli.Output;

/// <summary>The one look of tables, and bars in them.</summary>
internal static class Tables
{
    /// <summary>A table; what stands before the names of columns is said at <see cref="Column"/>.</summary>
    public static FittedTable Create(params string[] columns) => new(Column.Of(columns));

    /// <summary>A bar for a share from 0 to 1; what is not nothing shows at least a sliver.</summary>
    public static Cell Bar(double share, Color color) => new BarCell((share, color));
}
