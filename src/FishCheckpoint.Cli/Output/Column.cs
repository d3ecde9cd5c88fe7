namespace FishCheckpoint.Cli.Output;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="IsNumber">Whether it is aligned to the right and never cut.</param>
/// <param name="IsWhole">Whether it is never cut, as a time or an address.</param>
/// <param name="Importance">If there is no room for all columns, the least important ones are left out first.</param>
internal sealed record Column(string Name, bool IsNumber = false, bool IsWhole = false, int Importance = 0)
{
    /// <summary>The smallest width that text is shortened to.</summary>
    public const int MinText = 8;

    /// <summary>
    /// A column by its name. A prefix <c>&gt;</c> marks numbers, <c>=</c> marks content that is not cut, and <c>?</c> before
    /// these marks a column that is left out first.
    /// </summary>
    public static implicit operator Column(string name) => name switch
    {
        ['?', .. var rest] => (Column)rest with { Importance = -1 },
        ['>', .. var rest] => new Column(rest, IsNumber: true, IsWhole: true),
        ['=', .. var rest] => new Column(rest, IsWhole: true),
        _ => new Column(name),
    };

    /// <summary>Columns by their names.</summary>
    public static Column[] Of(IEnumerable<string> names) => [.. names.Select(name => (Column)name)];
}
