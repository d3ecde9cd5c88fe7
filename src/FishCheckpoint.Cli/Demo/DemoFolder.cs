using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Demo;

/// <summary>The demo's own data folder, made anew by each run. A folder that no demo made is left alone.</summary>
internal static class DemoFolder
{
    private const string Marker = "made-by-fish-demo.txt";

    /// <summary>Empties the folder, or makes it.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StorageUnavailable"/>: it holds something else.</exception>
    public static void Recreate(string path)
    {
        if (Directory.Exists(path))
        {
            if (!File.Exists(Path.Combine(path, Marker)) && Directory.EnumerateFileSystemEntries(path).Any())
            {
                throw new FishException(
                    ErrorCode.StorageUnavailable, path, "The folder holds something that no demo has made; it was left as it is.",
                    "Give another folder with --data.");
            }

            Directory.Delete(path, recursive: true);
        }

        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, Marker), "'fish demo' deletes this folder and makes it again on each run.\n");
    }
}
