using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Demo;

/// <summary>The demo's data folder, recreated by each run. Other folders are never deleted.</summary>
internal static class DemoFolder
{
    private const string Marker = "made-by-fish-demo.txt";

    /// <summary>Creates the folder, after deleting the one of an earlier demo.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StorageUnavailable"/>: it holds other files.</exception>
    public static void Recreate(string path)
    {
        if (Directory.Exists(path))
        {
            if (!File.Exists(Path.Combine(path, Marker)) && Directory.EnumerateFileSystemEntries(path).Any())
            {
                throw new FishException(
                    ErrorCode.StorageUnavailable, path, "The folder holds files that no demo wrote. Nothing was changed.",
                    "Give another folder with --data.");
            }

            Directory.Delete(path, recursive: true);
        }

        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, Marker), $"'{ProgramInfo.Name} demo' deletes and recreates this folder on each run.\n");
    }
}
