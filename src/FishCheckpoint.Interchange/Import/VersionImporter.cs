using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Formats;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Interchange.Import;

/// <summary>
/// Imports the versions of a folder, each as a checkpoint. A version is saved atomically. Earlier versions stay when a later one is
/// refused, and repeating the import continues from there.
/// </summary>
public static class VersionImporter
{
    /// <summary>The number of versions in a folder; only indices are read.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>: the folder does not exist or has no version; or an index
    /// cannot be read.</exception>
    public static int Count(ImportOptions options) => Find(options).Length;

    /// <summary>Imports versions.</summary>
    /// <param name="store">The store, embedded or remote.</param>
    /// <param name="options">What to import, and the task for it.</param>
    /// <param name="done">Called for each finished version.</param>
    /// <param name="cancellation">Cancels the import; a partial version is not saved.</param>
    /// <exception cref="FishException">A version is damaged, hostile, missing, or does not fit: the key has its name and the tensor's. Or
    /// an error of the store.</exception>
    public static async Task<ImportReport> ImportAsync(
        IFishStore store, ImportOptions options, Action<ImportedVersion>? done = null, CancellationToken cancellation = default)
    {
        var found = await Task.Run(() => Find(options), cancellation);
        var format = InterchangeFormats.Open(options.Format);
        var added = await ImportTask.PrepareAsync(store, format, options, found[0], cancellation);
        var (steps, imported) = (new VersionSteps(store, options), new List<ImportedVersion>());
        var saver = new VersionSaver(store, format, options, steps);
        foreach (var version in found)
        {
            cancellation.ThrowIfCancellationRequested();
            var result = await saver.SaveAsync(version, cancellation);
            imported.Add(result);
            done?.Invoke(result);
        }

        return new ImportReport(
            InterchangeFormats.NameOf(options.Format), options.Task, added, imported.Count(version => version.Created), imported);
    }

    private static FoundVersion[] Find(ImportOptions options)
    {
        if (!Directory.Exists(options.Folder))
        {
            throw new FishException(ErrorCode.FileNotFound, options.Folder, "The folder does not exist.", "Check the path.");
        }

        var found = VersionOrder.Of(InterchangeFormats.Open(options.Format).Scan(options.Folder, options));
        return found.Length > 0 ? found : throw new FishException(
            ErrorCode.FileNotFound, options.Folder,
            $"The folder has no version in the format {InterchangeFormats.NameOf(options.Format)}.",
            "Give the folder of the versions and their format.");
    }
}
