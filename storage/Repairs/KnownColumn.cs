
namespace FishCheckpoint.Storage.Repairs;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="MayBeNull">Whether a row may have nothing there.</param>
/// <param name="MayBeMissing">Whether a row's record may end before it.</param>
/// <param name="IsRowNumber">Whether it is the row's number, which its record leaves out.</param>
internal sealed record KnownColumn(string Name, string Type, bool MayBeNull, bool MayBeMissing, bool IsRowNumber)
{
    /// <summary>Whether it can hold a value.</summary>
    public bool Fits(object? value) => value switch
    {
        null => MayBeNull || IsRowNumber,
        long => Type is "INTEGER" or "REAL" && !IsRowNumber,
        double => Type == "REAL",
        string => Type == "TEXT",
        _ => Type == "BLOB",
    };
}
