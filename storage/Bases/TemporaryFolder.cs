using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Storage.Bases;

/// <summary>
/// This process's folder for temporary files, with a file beside it that stays locked as long as the process lives and has a store open
/// there: so that others know whose leftovers may go.
/// </summary>
internal sealed class TemporaryFolder : IDisposable
{
    private const string Lock = ".lock";

    // What has no lock file may be an earlier program's, which ran when it was young.
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromDays(1);

    private static readonly Dictionary<string, TemporaryFolder> Open = new(FolderNames.Comparer);

    // The lock's file is deleted by its owner. Windows keeps others out all the same; elsewhere a file that shares anything is not
    // locked against other owners.
    private static readonly FileShare Alone = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;

    private readonly string path;
    private readonly FileStream held;
    private int owners;

    private TemporaryFolder(string path)
    {
        this.path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        held = new FileStream(path + Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, Alone);
        try
        {
            // No store of this process is open there: what lies in it could not be removed when the last one closed.
            TryIgnoringIo(() => Directory.Delete(path, recursive: true));
            Directory.CreateDirectory(path);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Takes the folder, and removes what processes that live no more have left. Disposed once by each that took it.</summary>
    public static TemporaryFolder Own(string path, DateTimeOffset now)
    {
        var wanted = Path.GetFullPath(path);
        lock (Open)
        {
            if (!Open.TryGetValue(wanted, out var folder))
            {
                Open.Add(wanted, folder = new TemporaryFolder(wanted));
            }

            folder.owners++;
            folder.RemoveLeftovers((now - LeftoverAge).UtcDateTime);
            return folder;
        }
    }

    /// <summary>How many such folders belong to processes that live; nothing is changed.</summary>
    public static int CountHeld(string parent) => !Directory.Exists(parent) ? 0 : Directory.EnumerateFiles(parent, $"*{Lock}").Count(path =>
    {
        try
        {
            // Others may look too; the owner lets nobody.
            using var free = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    });

    public void Dispose()
    {
        lock (Open)
        {
            if (--owners > 0)
            {
                return;
            }

            Open.Remove(path);
            TryIgnoringIo(() => Directory.Delete(path, recursive: true));
            TryIgnoringIo(() => File.Delete(path + Lock));
            held.Dispose();
        }
    }

    private void RemoveLeftovers(DateTime before)
    {
        Directory.CreateDirectory(path);
        foreach (var entry in new DirectoryInfo(Path.GetDirectoryName(path)!).EnumerateFileSystemInfos())
        {
            var owner = entry.FullName.EndsWith(Lock, StringComparison.Ordinal) ? entry.FullName[..^Lock.Length] : entry.FullName;
            if (owner == path)
            {
                continue;
            }

            if (entry.FullName != owner)
            {
                TryIgnoringIo(() => RemoveOf(owner));
            }
            else if (!File.Exists(owner + Lock) && entry.LastWriteTimeUtc < before)
            {
                TryIgnoringIo(() => Remove(entry));
            }
        }
    }

    // Fails where the owner lives: the lock is its own.
    private static void RemoveOf(string owner)
    {
        using var taken = new FileStream(owner + Lock, FileMode.Open, FileAccess.ReadWrite, Alone);
        Remove(new DirectoryInfo(owner));
        File.Delete(owner + Lock);
    }

    private static void Remove(FileSystemInfo entry)
    {
        if (entry is DirectoryInfo { Exists: true } folder)
        {
            folder.Delete(recursive: true);
        }
        else if (entry is FileInfo)
        {
            entry.Delete();
        }
    }

    // Tidying up is no reason to refuse anything: another process may be at it too.
    private static void TryIgnoringIo(Action tidy)
    {
        try
        {
            tidy();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next opening tries again.
        }
    }
}
