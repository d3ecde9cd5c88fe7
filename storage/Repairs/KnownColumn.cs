
namespace FishCheckpoint.Storage.Repairs;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="MayBeNull">Whether it allows null.</param>
/// <param name="MayBeMissing">Whether a record may end before it.</param>
/// <param name="IsRowNumber">Whether it is the row id, which the record omits.</param>
internal sealed record KnownColumn(string Name, string Type, bool MayBeNull, bool MayBeMissing, bool IsRowNumber)
{
    /// <summary>Whether the column accepts a value.</summary>
    public bool Fits(object? value) => value switch
    {
        null => MayBeNull || IsRowNumber,
        long => Type is "INTEGER" or "REAL" && !IsRowNumber,
        double => Type == "REAL",
        string => Type == "TEXT",
        _ => Type == "BLOB",
    };
}
