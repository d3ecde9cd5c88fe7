using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Storage.Bases;

/// <summary>
/// This process's folder for temporary files. A file next to it stays locked while the process has a store open, so that others know whose
/// leftovers they may remove.
/// </summary>
internal sealed class TemporaryFolder : IDisposable
{
    private const string Lock = ".lock";

    // A folder without a lock file may belong to an earlier version.
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromDays(1);

    private static readonly Dictionary<string, TemporaryFolder> Open = new(FolderNames.Comparer);

    // The owner deletes the lock file. On Windows this share mode still keeps others out; elsewhere a file with any sharing is not locked.
    private static readonly FileShare Alone = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;

    private readonly string path;
    private readonly FileStream locked;
    private int owners;

    private TemporaryFolder(string path)
    {
        this.path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        locked = new FileStream(path + Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, Alone);
        try
        {
            // No store of this process has it open: these files could not be removed when the last store closed.
            TryIgnoringIo(() => Directory.Delete(path, recursive: true));
            Directory.CreateDirectory(path);
        }
        catch
        {
            locked.Dispose();
            throw;
        }
    }

    /// <summary>Takes the folder, and removes leftovers of ended processes. Dispose it once per call.</summary>
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

    /// <summary>Counts the folders of living processes, without a change.</summary>
    public static int CountLocked(string parent) => !Directory.Exists(parent) ? 0 : Directory.EnumerateFiles(parent, $"*{Lock}")
        .Count(path =>
    {
        try
        {
            // Others may probe at the same time, but the owner shares the file with nobody.
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
            locked.Dispose();
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

    // Fails if the owner is alive, since it has the lock.
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

    // A failed cleanup must not fail the caller: another process may be cleaning up too.
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
