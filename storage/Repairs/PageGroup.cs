
namespace FishCheckpoint.Storage.Repairs;

/// <summary>Pages of one table or index, with some of their rows.</summary>
/// <param name="Root">The root page.</param>
/// <param name="IsIndex">Whether the rows have no ids.</param>
/// <param name="Rows">Sample rows.</param>
internal sealed record PageGroup(int Root, bool IsIndex, IReadOnlyList<object?[]> Rows)
{
    /// <summary>Whether the rows may belong to a table.</summary>
    public bool MayBe(KnownTable table) => table.HasRowId != IsIndex && Rows.All(table.Fits);
}
