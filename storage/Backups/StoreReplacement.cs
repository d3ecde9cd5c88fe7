using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Folders;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Backups;

/// <summary>
/// Replaces the store of a folder by one that lies finished in a folder within: nothing outside is touched, for the folder may be a mount
/// point. A mark keeps everybody out while files change places; what is broken off before it leaves the old store, and <see cref="Finish"/>
/// completes what is broken off after it.
/// </summary>
internal static class StoreReplacement
{
    // The database last: as long as the new one is in its own folder, what else lies in the data folder may be the old store's.
    private static readonly string[] Names =
        ["bases", Database.FileName + "-wal", Database.FileName + "-shm", BackupMark.FileName, Database.FileName];

    /// <summary>Refuses a folder whose store cannot be replaced.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>.</exception>
    public static void RequireReplaceable(string folder)
    {
        if (StoreProbe.CountUsers(folder) is > 0 and var users)
        {
            throw new FishException(
                ErrorCode.FolderTaken, folder, $"{users} process{(users == 1 ? "" : "es")} have the store open.",
                "Stop servers, trainers and commands that use it; nothing was changed.");
        }

        if (Names.FirstOrDefault(name => new FileInfo(Path.Combine(folder, name)).LinkTarget is not null) is { } link)
        {
            throw new FishException(
                ErrorCode.FolderTaken, folder, $"{link} is a link to another place, where the restored store would not be.",
                "Restore into a new folder; nothing was changed.");
        }
    }

    /// <summary>Removes what an earlier replacement has left: a copy that was not finished, and an old store that was replaced.</summary>
    public static void RemoveLeftovers(string folder)
    {
        foreach (var name in new[] { StoreFolder.Arriving, StoreFolder.Replaced }.Select(name => Path.Combine(folder, name))
            .Where(Directory.Exists))
        {
            Directory.Delete(name, recursive: true);
        }
    }

    /// <summary>Puts the finished store in the place of the one that is there, and removes that.</summary>
    public static void Run(string folder)
    {
        Incomplete.BeginReplacement(folder);
        try
        {
            // Whoever opens a store looks for the mark once it is seen to have it open.
            RequireReplaceable(folder);
        }
        catch
        {
            Incomplete.End(folder);
            throw;
        }

        Finish(folder);
    }

    /// <summary>Goes on with a replacement whose mark is on, wherever it was broken off.</summary>
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
            // The next replacement tries again, and fishckpt doctor names what is left.
        }
    }
}
