using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Files;

/// <summary>Lists folders. Names that begin with a dot are incomplete versions or unrelated.</summary>
internal static class VersionFolders
{
    public static IEnumerable<string> Of(string folder) =>
        Directory.EnumerateDirectories(folder).Where(IsShown).Order(StringComparer.Ordinal);

    public static IEnumerable<string> FilesOf(string folder) =>
        Directory.EnumerateFiles(folder).Where(IsShown).Order(StringComparer.Ordinal);

    public static bool HasTensors(string folder) => FilesOf(folder).Any(IsTensors);

    public static bool IsTensors(string file) => file.EndsWith(".safetensors", StringComparison.Ordinal);

    public static string IndexOf(string folder) => Path.Combine(folder, ShardIndex.FileName);

    private static bool IsShown(string path) => !Path.GetFileName(path).StartsWith('.');
}
