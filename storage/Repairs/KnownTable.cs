
namespace FishCheckpoint.Storage.Repairs;

/// <summary>A table as this program makes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="HasRowId">Whether its rows are numbered.</param>
/// <param name="Columns">Its columns, in the order of its records.</param>
internal sealed record KnownTable(string Name, bool HasRowId, IReadOnlyList<KnownColumn> Columns)
{
    /// <summary>Whether a record may be one of it. A row that is older than a column does not have it.</summary>
    public bool Fits(object?[] values) => values.Length <= Columns.Count && values.Zip(Columns).All(pair => pair.Second.Fits(pair.First))
        && Columns.Skip(values.Length).All(column => column.MayBeMissing);
}
