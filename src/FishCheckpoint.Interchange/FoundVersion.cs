namespace FishCheckpoint.Interchange;

/// <summary>A version that lies in a folder; only what tells its place among the others was read.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="IsFull">Whether it is a full model.</param>
/// <param name="Base">The version that it is laid on; <see langword="null"/> for a full one, and for one that is always laid on what the
/// task starts from.</param>
/// <param name="Path">Its folder or file.</param>
/// <param name="Label">What errors call it; the name of its folder or file where nothing else is said.</param>
internal sealed record FoundVersion(string Name, bool IsFull, string? Base, string Path, string? Label = null)
{
    /// <summary>Files in a full version's folder that are the format's, not the model's: they are never kept as side files. Default:
    /// none.</summary>
    public IReadOnlyCollection<string> Own { get; init; } = [];

    /// <summary>Its name as a number, if it is one.</summary>
    public long? Number => VersionName.NumberOf(Name);

    /// <summary>What errors call it.</summary>
    public string Key => Label ?? System.IO.Path.GetFileName(Path);
}
