
namespace FishCheckpoint.Storage.Repairs;

/// <summary>A table as the migrations create it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="HasRowId">Whether its rows have ids.</param>
/// <param name="Columns">Its columns, in the order of its records.</param>
internal sealed record KnownTable(string Name, bool HasRowId, IReadOnlyList<KnownColumn> Columns)
{
    /// <summary>Whether the table accepts a record. A row older than a column lacks it.</summary>
    public bool Fits(object?[] values) => values.Length <= Columns.Count && values.Zip(Columns).All(pair => pair.Second.Fits(pair.First))
        && Columns.Skip(values.Length).All(column => column.MayBeMissing);
}
