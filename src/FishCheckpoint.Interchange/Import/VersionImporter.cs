using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Formats;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Interchange.Import;

/// <summary>
/// Imports the versions of a folder, each as a checkpoint. A version is saved whole or not at all; what was saved before one that is
/// refused stays, and the same import again goes on from there.
/// </summary>
public static class VersionImporter
{
    /// <summary>How many versions a folder holds; only indices are read.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>: there is no such folder, or no version in it; or an index
    /// cannot be read.</exception>
    public static int Count(ImportOptions options) => Find(options).Length;

    /// <summary>Imports.</summary>
    /// <param name="store">The store, embedded or remote.</param>
    /// <param name="options">What, and into what.</param>
    /// <param name="done">Told of each version that is done.</param>
    /// <param name="cancellation">Ends the import between two versions or within one, of which nothing is saved then.</param>
    /// <exception cref="FishException">A version is damaged, hostile, missing, or does not fit: the key names it, and the tensor. Or the
    /// store refuses.</exception>
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
            $"The folder holds no version in the format {InterchangeFormats.NameOf(options.Format)}.",
            "Name the folder that the versions lie in, and their format.");
    }
}
