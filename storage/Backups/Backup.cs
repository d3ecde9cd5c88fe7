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
/// Makes a backup: a consistent copy of the database, then the files of its bases, then the database under its final name. Until then the
/// folder contains the earlier backup or is marked as incomplete. A lock file allows one backup per folder at a time.
/// </summary>
internal sealed class Backup(Database database, BaseFolder folder, EngineOptions store, string dataFolder)
{
    /// <summary>The lock file. It stays in the folder: removing it would let two processes lock it.</summary>
    public const string LockName = Incomplete.BackupLock;

    private readonly ProgressReporter meter = new(store.Progress);

    public BackupReport Run(BackupOptions options, CancellationToken cancellationToken)
    {
        var target = Path.GetFullPath(options.To);
        try
        {
            RequireOwn(target);
            var isMade = !Directory.Exists(target);
            StoreFolder.Create(target);
            var isLockMade = !File.Exists(Path.Combine(target, LockName));
            using var locked = Lock(target);
            return RunLocked(options, target, isMade, isLockMade, cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FishException(
                ErrorCode.StorageUnavailable, target, error.Message,
                "Check the space and permissions there. The store and an earlier backup were not changed.", error);
        }
    }

    private BackupReport RunLocked(BackupOptions options, string target, bool isMade, bool isLockMade, CancellationToken cancellationToken)
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
            var bytes = Copy(arriving, cancellationToken);
            var bases = new BaseCopy(folder, target, options.Link, meter);
            var (mark, stored) = ReadCopy(arriving, bases, before, options.Verify, cancellationToken);
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

    // A folder with other content is not touched, not even for a lock.
    private void RequireOwn(string target)
    {
        if (FolderNames.Comparer.Equals(
            Path.TrimEndingDirectorySeparator(target), Path.TrimEndingDirectorySeparator(Path.GetFullPath(dataFolder))))
        {
            throw new FishException(ErrorCode.FolderTaken, target, "The target is the data folder itself.",
                "Name another folder, preferably on another disk.");
        }

        // The first backup into a folder has the lock before the mark exists.
        if (IsForeign(target) && File.Exists(Path.Combine(target, LockName)))
        {
            Lock(target).Dispose();
        }

        if (IsForeign(target))
        {
            throw new FishException(ErrorCode.FolderTaken, target, "The folder is not empty and is not a backup.",
                "Name another folder. Nothing was changed.");
        }
    }

    // In the order in which a backup creates and removes these, so that a running one is never taken for foreign content.
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
        catch (IOException error) when (FileLock.IsTaken(error))
        {
            throw new FishException(ErrorCode.BackupBusy, target, "Another backup into this folder is running.",
                "Wait until it ends, or name another folder.", error);
        }
    }

    // The content of an earlier backup; null if there is none.
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
            // Not a database, or a schema older than the audit log.
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

        // Complete files of bases from an interrupted backup are not copied again.
        Incomplete.Begin(target, "bases", LockName);
        return true;
    }

    private long Copy(string arriving, CancellationToken cancellationToken)
    {
        using var snapshot = database.OpenSnapshot();
        meter.Expect(DatabaseCopy.BytesOf(snapshot.Connection) + BaseCopy.BytesOf(snapshot.Connection));
        return DatabaseCopy.Write(snapshot, arriving, meter, cancellationToken);
    }

    // Opened as an immutable file, so that SQLite creates no files next to it.
    private (BackupMark Mark, long BaseBytes) ReadCopy(
        string arriving, BaseCopy bases, BackupMark? before, BackupVerification verify, CancellationToken cancellationToken)
    {
        using var copied = OpenCopy(arriving);
        bases.Run(copied, cancellationToken);
        if (verify != BackupVerification.None)
        {
            // Verified before it replaces an earlier backup.
            var findings = new StructureCheck(copied.Rows, new TaskCatalog(), new VerifyItem(ItemKind.Database, 0, "database", "", 0, null))
                .Run(cancellationToken);
            if (findings.Count > 0)
            {
                throw new FishException(
                    ErrorCode.CorruptStore, findings[0].Key,
                    $"The copy of the database has {findings.Count} problems, first: {findings[0].Problem}",
                    "Verify the store, or back it up as it is with --verify none (\"verify\":\"none\"). The earlier backup is unchanged.");
            }
        }

        return (BackupMark.Of(copied, store.Time.GetUtcNow(), before?.Writes),
            copied.Scalar<long>("SELECT coalesce(sum(coalesce(stored, bytes)), 0) FROM base_files"));
    }

    /// <summary>Opens a finished copy as an immutable file, so that SQLite creates no files next to it.</summary>
    public static SqliteCatalogConnection OpenCopy(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        CheckedVfs.Register();
        return SqliteCatalogConnection.Open($"Data Source=file:{Uri.EscapeDataString(path)}?immutable=1;Mode=ReadOnly;Pooling=False", "");
    }

    // A log next to the database, or a process that has it open: the folder is in use as a store.
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

    // Removes only what this backup created; a folder that existed before stays.
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
            // Remaining files keep the mark.
        }
    }
}
