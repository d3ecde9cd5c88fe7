namespace FishCheckpoint.Cli.Hosting;

/// <summary>How this program can be called from where it was started: by its name where that is on the path, else by its file.</summary>
internal static class ProgramName
{
    private const string Name = "fish";

    public static string Shown => Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == Name && !IsOnPath(path)
        ? Path.GetRelativePath(Environment.CurrentDirectory, path) is var relative && relative.Length < path.Length ? relative : path
        : Name;

    private static bool IsOnPath(string path) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).Contains(Path.GetDirectoryName(path));
}
