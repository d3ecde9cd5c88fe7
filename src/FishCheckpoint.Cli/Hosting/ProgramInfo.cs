using System.Reflection;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>The name and version of this program, and how to call it.</summary>
internal static class ProgramInfo
{
    /// <summary>The name that help, messages and hints give.</summary>
    public const string Name = "fishckpt";

    /// <summary>The version of this build, with its commit.</summary>
    public static string Version { get; } = typeof(ProgramInfo).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>How to call the program from the working folder: its name if that is on the path, else the path of its file.</summary>
    public static string Command => Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == Name && !IsOnPath(path)
        ? Path.GetRelativePath(Environment.CurrentDirectory, path) is var relative && relative.Length < path.Length ? relative : path
        : Name;

    private static bool IsOnPath(string path) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).Contains(Path.GetDirectoryName(path));
}
