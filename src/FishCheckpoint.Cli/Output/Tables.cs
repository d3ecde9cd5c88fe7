using Spectre.Console;

namespace FishCheckpoint.Cli.Output;

/// <summary>Creates tables, and bars in them.</summary>
internal static class Tables
{
    /// <summary>A table; <see cref="Column"/> describes the prefixes of the names.</summary>
    public static FittedTable Create(params string[] columns) => new(Column.Of(columns));

    /// <summary>A bar for a share from 0 to 1. A share above 0 shows at least a sliver.</summary>
    public static Cell Bar(double share, Color color) => new BarCell((share, color));
}
