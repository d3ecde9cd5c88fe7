using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Folders;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Backups;

/// <summary>
/// Replaces the store of a folder by one in a folder inside it. Nothing outside is touched, since the folder may be a mount point. A mark
/// keeps others out while files are moved. An interruption before the mark leaves the old store; <see cref="Finish"/> completes one after
/// it.
/// </summary>
internal static class StoreReplacement
{
    // The database comes last: as long as the new one is in its own folder, other files in the data folder may belong to the old store.
    private static readonly string[] Names =
        ["bases", Database.FileName + "-wal", Database.FileName + "-shm", BackupMark.FileName, Database.FileName];

    /// <summary>Throws if the store of the folder cannot be replaced.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>.</exception>
    public static void RequireReplaceable(string folder)
    {
        if (StoreProbe.CountUsers(folder) is > 0 and var users)
        {
            throw new FishException(
                ErrorCode.FolderTaken, folder, $"{users} process{(users == 1 ? "" : "es")} have the store open.",
                "Stop servers, trainers and commands that use it. Nothing was changed.");
        }

        if (Names.FirstOrDefault(name => new FileInfo(Path.Combine(folder, name)).LinkTarget is not null) is { } link)
        {
            throw new FishException(
                ErrorCode.FolderTaken, folder, $"{link} is a link to another place, which a restore would not replace.",
                "Restore into a new folder. Nothing was changed.");
        }
    }

    /// <summary>Removes leftovers of an earlier replacement: an unfinished copy, and an old store.</summary>
    public static void RemoveLeftovers(string folder)
    {
        foreach (var name in new[] { StoreFolder.Arriving, StoreFolder.Replaced }.Select(name => Path.Combine(folder, name))
            .Where(Directory.Exists))
        {
            Directory.Delete(name, recursive: true);
        }
    }

    /// <summary>Replaces the store by the finished one, and removes it.</summary>
    public static void Run(string folder)
    {
        Incomplete.BeginReplacement(folder);
        try
        {
            // A process that opens a store looks for the mark after it has become visible as a user, so users are counted after the mark.
            RequireReplaceable(folder);
        }
        catch
        {
            Incomplete.End(folder);
            throw;
        }

        Finish(folder);
    }

    /// <summary>Continues a marked replacement from any point.</summary>
    public static void Finish(string folder)
    {
        var (arriving, replaced) = (Path.Combine(folder, StoreFolder.Arriving), Path.Combine(folder, StoreFolder.Replaced));
        Directory.CreateDirectory(replaced);
        foreach (var name in Names)
        {
            var (made, here) = (Path.Combine(arriving, name), Path.Combine(folder, name));
            if (Path.Exists(here) && (Path.Exists(made) || (name != "bases" && File.Exists(Path.Combine(arriving, Database.FileName)))))
            {
                var old = Path.Combine(replaced, name);
                Directory.Move(here, Path.Exists(old) ? $"{old}.{Guid.NewGuid():N}" : old);
            }

            if (Path.Exists(made))
            {
                AtomicFile.SyncFolder(replaced);
                Directory.Move(made, here);
                AtomicFile.SyncFolder(folder);
            }
        }

        Incomplete.End(folder);
        try
        {
            Incomplete.RemoveUnwritten(folder);
            RemoveLeftovers(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next replacement tries again, and fishckpt doctor lists the leftovers.
        }
    }
}
