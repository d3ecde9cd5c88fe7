namespace FishCheckpoint.Following.Folders;

/// <summary>What <see cref="TextPointer"/> asks of the system about links to folders, each a seam that a test can hold.</summary>
internal sealed record LinkCalls
{
    /// <summary>Makes a link: its path, and what it points at.</summary>
    public Action<string, string> Create { get; init; } = static (path, target) => Directory.CreateSymbolicLink(path, target);

    /// <summary>Removes a link, not what it points at.</summary>
    public Action<string> Remove { get; init; } = Remover;

    /// <summary>Renames a link to a name that is free.</summary>
    public Action<string, string> Move { get; init; } = Directory.Move;

    /// <summary>Removes a link to a folder. Windows takes it for a folder, other systems for a file.</summary>
    public static void Remover(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.Delete(path);
        }
        else
        {
            File.Delete(path);
        }
    }
}
