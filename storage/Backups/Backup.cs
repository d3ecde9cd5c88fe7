using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Maintenance;
using FishCheckpoint.Engine.Maintenance.Verification;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Folders;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Sqlite.Pages;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Backups;

/// <summary>
/// Makes a backup: the database as one moment has it, then the files of the bases that it names, then the database under its name. What is
/// there before that is the earlier backup, or marked as incomplete. One at a time for a folder: a lock file says so.
/// </summary>
internal sealed class Backup(Database database, BaseFolder folder, EngineOptions store, string dataFolder)
{
    /// <summary>The lock of a backup's folder. It stays beside a backup: removing it would let two hold it.</summary>
    public const string LockName = Incomplete.BackupLock;

    // What a file says that another process holds: EWOULDBLOCK of Linux and of macOS, and Windows' own.
    private const int WouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int SharingViolation = unchecked((int)0x80070020);

    private readonly ProgressReporter meter = new(store.Progress);

    public BackupReport Run(BackupOptions options, CancellationToken cancellation)
    {
        var target = Path.GetFullPath(options.To);
        try
        {
            RequireOwn(target);
            var isMade = !Directory.Exists(target);
            StoreFolder.Create(target);
            var isLockMade = !File.Exists(Path.Combine(target, LockName));
            using var held = Lock(target);
            return RunLocked(options, target, isMade, isLockMade, cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FishException(
                ErrorCode.StorageUnavailable, target, error.Message,
                "Check the space and permissions there; the store was not touched, nor was an earlier backup.", error);
        }
    }

    private BackupReport RunLocked(BackupOptions options, string target, bool isMade, bool isLockMade, CancellationToken cancellation)
    {
        var isNew = false;
        var arriving = Path.Combine(target, $"{Guid.NewGuid():N}.arriving");
        try
        {
            var before = EarlierOf(target);
            using (var snapshot = database.OpenSnapshot())
            {
                if (before is not null && !options.Replace)
                {
                    BackupMark.Of(snapshot.Connection, store.Time.GetUtcNow(), null).RequireReplaceable(target, before);
                }
            }

            isNew = Begin(target, before);
            AtomicFile.Recover(target);
            var bytes = Copy(arriving, cancellation);
            var bases = new BaseCopy(folder, target, options.Link, meter);
            var (mark, stored) = ReadCopy(arriving, bases, before, options.Verify, cancellation);
            Require(target);
            mark.Write(target);
            AtomicFile.Replace(arriving, Path.Combine(target, Database.FileName));
            End(target, isNew);
            return new BackupReport(
                bytes, bases.Copied, bases.Linked, bases.Kept, bases.Bytes, mark.Checkpoints, bases.Damaged, mark.Store, mark.Bases,
                mark.Tasks, bytes + stored, mark.Taken,
                options.Verify == BackupVerification.None ? BackupVerification.None : BackupVerification.Quick);
        }
        catch
        {
            Undo(target, arriving, isNew, isMade, isLockMade);
            throw;
        }
    }

    // Of a folder that holds something else, nothing is touched, not even for a lock.
    private void RequireOwn(string target)
    {
        if (FolderNames.Comparer.Equals(
            Path.TrimEndingDirectorySeparator(target), Path.TrimEndingDirectorySeparator(Path.GetFullPath(dataFolder))))
        {
            throw new FishException(ErrorCode.FolderTaken, target, "This is the data folder itself.",
                "Name another folder, best on another disk.");
        }

        // The first backup into a folder holds the lock before its mark is there.
        if (IsForeign(target) && File.Exists(Path.Combine(target, LockName)))
        {
            Lock(target).Dispose();
        }

        if (IsForeign(target))
        {
            throw new FishException(ErrorCode.FolderTaken, target, "The folder is not empty, and no backup.",
                "Name another one; nothing was changed.");
        }
    }

    // In the order in which a backup makes and removes these, so that none under way is taken for something else.
    private static bool IsForeign(string target) => Directory.Exists(target)
        && Directory.EnumerateFileSystemEntries(target).Select(path => Path.GetFileName(path))
            .Any(name => name != LockName && !Incomplete.IsUnwritten(name))
        && !Incomplete.IsOn(target) && !File.Exists(Path.Combine(target, Database.FileName));

    private static FileStream Lock(string target)
    {
        try
        {
            return new FileStream(Path.Combine(target, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error.HResult is WouldBlock or MacWouldBlock or SharingViolation)
        {
            throw new FishException(ErrorCode.BackupBusy, target, "Another backup into this folder is under way.",
                "Wait for its end, or name another folder.", error);
        }
    }

    // What an earlier backup holds; null where there is none.
    private static BackupMark? EarlierOf(string target)
    {
        if (Incomplete.IsOn(target) || !File.Exists(Path.Combine(target, Database.FileName)))
        {
            return null;
        }

        Require(target);
        using var earlier = OpenCopy(Path.Combine(target, Database.FileName));
        try
        {
            return BackupMark.Of(earlier, default, null);
        }
        catch (CatalogException)
        {
            // No database, or of a schema before there was an audit log.
            return new BackupMark("", default, 0, 0, 0, 0, null);
        }
    }

    private static bool Begin(string target, BackupMark? before)
    {
        if (before is not null)
        {
            RemoveLeftovers(target);
            return false;
        }

        // Files of bases that arrived whole before a backup was broken off are not copied again.
        Incomplete.Begin(target, "bases", LockName);
        return true;
    }

    private long Copy(string arriving, CancellationToken cancellation)
    {
        using var snapshot = database.OpenSnapshot();
        meter.Expect(DatabaseCopy.BytesOf(snapshot.Connection) + BaseCopy.BytesOf(snapshot.Connection));
        return DatabaseCopy.Write(snapshot, arriving, meter, cancellation);
    }

    // Read only as a file that nobody writes: nothing is left beside it.
    private (BackupMark Mark, long BaseBytes) ReadCopy(
        string arriving, BaseCopy bases, BackupMark? before, BackupVerification verify, CancellationToken cancellation)
    {
        using var copied = OpenCopy(arriving);
        bases.Run(copied, cancellation);
        if (verify != BackupVerification.None)
        {
            // Before it takes the place of an earlier one.
            var findings = new StructureCheck(copied.Rows, new TaskCatalog(), new VerifyItem(ItemKind.Database, 0, "database", "", 0, null))
                .Run(cancellation);
            if (findings.Count > 0)
            {
                throw new FishException(
                    ErrorCode.CorruptStore, findings[0].Key,
                    $"The copy of the database is damaged: {findings[0].Problem} {findings.Count} things are.",
                    "The earlier backup is unchanged. Verify the store; --verify none (\"verify\":\"none\") backs it up as it is.");
            }
        }

        return (BackupMark.Of(copied, store.Time.GetUtcNow(), before?.Writes),
            copied.Scalar<long>("SELECT coalesce(sum(coalesce(stored, bytes)), 0) FROM base_files"));
    }

    /// <summary>Opens a finished copy for reading, as a file that nobody writes: nothing is made beside it.</summary>
    public static SqliteCatalogConnection OpenCopy(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        CheckedVfs.Register();
        return SqliteCatalogConnection.Open($"Data Source=file:{Uri.EscapeDataString(path)}?immutable=1;Mode=ReadOnly;Pooling=False", "");
    }

    // A log beside the database, or a process that has it open: the folder is used as a store.
    private static void Require(string target)
    {
        if (new FileInfo(Path.Combine(target, Database.FileName + "-wal")) is { Exists: true, Length: > 0 }
            || StoreProbe.CountUsers(target) > 0)
        {
            throw new FishException(
                ErrorCode.FolderTaken, target, "The folder is in use as a data folder, or was not closed.", "Back up into another folder.");
        }
    }

    private static void RemoveLeftovers(string target)
    {
        foreach (var left in Directory.EnumerateFiles(target, "*.arriving"))
        {
            File.Delete(left);
        }

        Incomplete.RemoveUnwritten(target);
    }

    private static void End(string target, bool isNew)
    {
        if (isNew)
        {
            Incomplete.End(target);
        }
        else
        {
            AtomicFile.SyncFolder(target);
        }
    }

    // Only what this backup has made; a folder that was there before stays.
    private static void Undo(string target, string arriving, bool isNew, bool isMade, bool isLockMade)
    {
        try
        {
            File.Delete(arriving);
            if (isNew)
            {
                Incomplete.Remove(target, keepFolder: !isMade, LockName);
            }

            if (isNew || isLockMade)
            {
                File.Delete(Path.Combine(target, LockName));
            }

            if (isMade && !Directory.EnumerateFileSystemEntries(target).Any())
            {
                Directory.Delete(target);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What cannot be removed carries the mark.
        }
    }
}
