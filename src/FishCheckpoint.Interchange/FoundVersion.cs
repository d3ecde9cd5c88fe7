namespace FishCheckpoint.Interchange;

/// <summary>A version in a folder. Only the data for its order among the others was read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsFull">Whether it is a full model.</param>
/// <param name="Base">Its parent version; <see langword="null"/> for a full version, and for formats whose parent is always the task's
/// start.</param>
/// <param name="Path">Its folder or file.</param>
/// <param name="Label">Its name in errors; by default the name of its folder or file.</param>
internal sealed record FoundVersion(string Name, bool IsFull, string? Base, string Path, string? Label = null)
{
    /// <summary>Files in a full version's folder that belong to the format: they are never saved as side files. Default: none.</summary>
    public IReadOnlyCollection<string> Own { get; init; } = [];

    /// <summary>Its name as a number, if it is one.</summary>
    public long? Number => VersionName.NumberOf(Name);

    /// <summary>Its name in errors.</summary>
    public string Key => Label ?? System.IO.Path.GetFileName(Path);
}
