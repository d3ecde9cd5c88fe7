namespace FishCheckpoint.Cli.Output;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="IsNumber">Whether it is aligned to the right and never cut.</param>
/// <param name="IsWhole">Whether it is never cut: part of a time or of an address is none.</param>
/// <param name="Importance">Where there is no room for all, the columns with the least go first.</param>
internal sealed record Column(string Name, bool IsNumber = false, bool IsWhole = false, int Importance = 0)
{
    /// <summary>The least that text is shortened to.</summary>
    public const int LeastText = 8;

    /// <summary>
    /// A column by its name; before it <c>&gt;</c> says that it holds numbers, <c>=</c> that it holds what is not cut, and <c>?</c> before
    /// these that it goes first where there is no room.
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
