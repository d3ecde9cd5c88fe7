
namespace FishCheckpoint.Storage.Repairs;

/// <summary>Pages that belong together, and some of the rows on them.</summary>
/// <param name="Root">The first page.</param>
/// <param name="IsIndex">Whether the rows have no numbers.</param>
/// <param name="Rows">Some rows.</param>
internal sealed record PageGroup(int Root, bool IsIndex, IReadOnlyList<object?[]> Rows)
{
    /// <summary>Whether they may be those of a table.</summary>
    public bool MayBe(KnownTable table) => table.HasRowId != IsIndex && Rows.All(table.Fits);
}
