using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Content;
using FishCheckpoint.Following.Folders;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Load;

/// <summary>The result of a load.</summary>
/// <param name="Files">The files that it wrote.</param>
/// <param name="Removed">Files of earlier loads that it removed.</param>
/// <param name="Kept">Files of earlier loads that were changed since. They stay, and later loads ignore them.</param>
public sealed record LoadedModel(IReadOnlyList<LoadedFile> Files, IReadOnlyList<string> Removed, IReadOnlyList<string> Kept);

/// <summary>
/// Loads models into a folder, which then holds exactly the files of one checkpoint beside files of others. All files are first downloaded
/// to a temporary folder and verified, so a failed load changes nothing. The next load completes one that was killed while it moved its
/// files. A second load at the same time is refused.
/// </summary>
public static class ModelLoad
{
    private const string TemporaryPrefix = ".fish-load-";
    private const string LockName = ".fish-load.lock";

    /// <summary>Loads all files of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">The folder; created if missing.</param>
    /// <param name="replace">Whether to replace files of the same names that no load wrote or that were changed since. Other files are
    /// never touched.</param>
    /// <param name="passed">Called repeatedly with the number of bytes copied.</param>
    /// <param name="cancellation">Cancels the load; nothing stays behind.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: another load is running there, a file would be lost, or the
    /// folder would hold a mix of models; <see cref="ErrorCode.DigestMismatch"/>: a file differs from its listing;
    /// <see cref="ErrorCode.InsufficientStorage"/>, <see cref="ErrorCode.StorageUnavailable"/>; or as
    /// <see cref="IModelReader.CopyToAsync"/>.</exception>
    public static async Task<LoadedModel> WriteAsync(
        IModelReader model, string folder, bool replace = false, Action<long>? passed = null, CancellationToken cancellation = default)
    {
        FolderNames.CheckAll(model.Files.Select(file => file.Name));
        folder = Path.GetFullPath(folder);
        var isNew = !Directory.Exists(folder);
        try
        {
            Directory.CreateDirectory(folder);
            using var lockFile = Lock(folder);
            return await WriteLockedAsync(model, folder, replace, passed ?? (_ => { }), cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw RetryPolicies.Translate(error, folder);
        }
        finally
        {
            if (isNew && Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
            {
                Directory.Delete(folder);
            }
        }
    }

    private static async Task<LoadedModel> WriteLockedAsync(
        IModelReader model, string folder, bool replace, Action<long> passed, CancellationToken cancellation)
    {
        RemoveLeftovers(folder);
        var names = model.Files.Select(file => file.Name).ToHashSet(FolderNames.Comparer);
        var manifest = LoadManifest.Read(folder);
        FolderPlan.Of(folder, names, manifest, replace);
        FullDisk.RequireRoom(folder, model.Files.Sum(file => file.Bytes));
        var staged = Path.Combine(folder, $"{TemporaryPrefix}{Guid.NewGuid():N}");
        Directory.CreateDirectory(staged);
        try
        {
            var files = new List<LoadedFile>();
            foreach (var file in model.Files)
            {
                files.Add(await FetchAsync(model, file, staged, passed, cancellation));
            }

            // Another process may have changed the files meanwhile.
            var plan = FolderPlan.Of(folder, names, manifest, replace);
            Place(folder, staged, plan, files, manifest);
            return new LoadedModel(files, plan.Remove, plan.Kept);
        }
        finally
        {
            Directory.Delete(staged, recursive: true);
        }
    }

    private static async Task<LoadedFile> FetchAsync(IModelReader model, RestoredFile file, string staged, Action<long> passed,
        CancellationToken cancellation)
    {
        PulledFile written;
        var path = Path.Combine(staged, file.Name);
        await using (var target = new IncomingFile(staged, file.Name, file.Bytes) { OnWritten = passed })
        {
            var pipe = PipeWriter.Create(target, new StreamPipeWriterOptions(minimumBufferSize: Blocks.Size, leaveOpen: true));
            await model.CopyToAsync(file.Name, 0, file.Bytes, pipe, cancellation);
            await pipe.CompleteAsync();
            written = target.Seal();
        }

        return written.Bytes == file.Bytes && (file.Sha256 is not { } known || known == written.Sha256)
            ? new LoadedFile(file.Name, written.Bytes, written.Sha256, FolderPlan.ModifiedOf(path))
            : throw Mismatch.Of(file, written);
    }

    // The index is removed first and written last: without an index, no program combines shards of two models.
    private static void Place(string folder, string staged, FolderPlan plan, List<LoadedFile> files, LoadManifest before)
    {
        new LoadManifest(LoadManifest.Current, files, [.. before.Files, .. before.Earlier ?? []]).Write(folder);
        foreach (var name in plan.Remove.Concat(files.Select(file => file.Name).Where(IsIndex)))
        {
            File.Delete(Path.Combine(folder, name));
        }

        foreach (var file in files.OrderBy(file => IsIndex(file.Name)))
        {
            var place = Path.Combine(folder, file.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            AtomicFile.Replace(Path.Combine(staged, file.Name), place);
        }

        foreach (var place in files.Select(file => Path.GetDirectoryName(Path.Combine(folder, file.Name))!).Append(folder)
            .Distinct(StringComparer.Ordinal))
        {
            AtomicFile.SyncFolder(place);
        }

        RemoveEmptyFolders(folder, plan.Remove);
        new LoadManifest(LoadManifest.Current, files).Write(folder);
    }

    // Empty subfolders that an earlier load created.
    private static void RemoveEmptyFolders(string folder, IEnumerable<string> removed)
    {
        foreach (var name in removed)
        {
            for (var parent = Path.GetDirectoryName(name); !string.IsNullOrEmpty(parent); parent = Path.GetDirectoryName(parent))
            {
                var path = Path.Combine(folder, parent);
                if (Directory.Exists(path) && !Directory.EnumerateFileSystemEntries(path).Any())
                {
                    Directory.Delete(path);
                }
            }
        }
    }

    private static bool IsIndex(string name) => name.EndsWith(".index.json", StringComparison.Ordinal);

    private static void RemoveLeftovers(string folder)
    {
        AtomicFile.Recover(folder);
        foreach (var left in new DirectoryInfo(folder).EnumerateDirectories($"{TemporaryPrefix}*").Where(left => left.LinkTarget is null
            && IsOurs(left.Name)))
        {
            left.Delete(recursive: true);
        }

        foreach (var left in Directory.EnumerateFiles(folder, $"{LoadManifest.FileName}.*.tmp"))
        {
            File.Delete(left);
        }
    }

    private static bool IsOurs(string name) => Guid.TryParseExact(name[TemporaryPrefix.Length..], "N", out _);

    // Deleted on close, so that the folder holds only what a load has to leave. A process that opened it just before sees that it is
    // deleted and opens the next one.
    private static FileStream Lock(string folder)
    {
        var path = Path.Combine(folder, LockName);
        while (true)
        {
            FileStream lockFile;
            try
            {
                lockFile = new FileStream(path, new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None,
                        Options = FileOptions.DeleteOnClose,
                });
            }
            catch (IOException error) when (FileLock.IsTaken(error))
            {
                throw new FishException(
                    ErrorCode.FolderTaken, folder, $"Another load is running in this folder: {error.Message}",
                        "Wait until it has ended, or load into another folder.", error);
            }

            if (File.Exists(path))
            {
                return lockFile;
            }

            lockFile.Dispose();
        }
    }
}
