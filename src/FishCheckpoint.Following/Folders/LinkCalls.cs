namespace FishCheckpoint.Following.Folders;

/// <summary>The system calls about links to folders that <see cref="TextPointer"/> needs; tests replace them.</summary>
internal sealed record LinkCalls
{
    /// <summary>Creates a link: its path and its target.</summary>
    public Action<string, string> Create { get; init; } = static (path, target) => Directory.CreateSymbolicLink(path, target);

    /// <summary>Removes a link, not its target.</summary>
    public Action<string> Remove { get; init; } = Remover;

    /// <summary>Renames a link to an unused name.</summary>
    public Action<string, string> Move { get; init; } = Directory.Move;

    /// <summary>Removes a link to a folder. Windows handles it as a folder, other systems as a file.</summary>
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
