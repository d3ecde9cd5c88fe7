using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Maintenance;
using FishCheckpoint.Engine.Maintenance.Verification;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Folders;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Storage.Backups;

/// <summary>Restores a data folder from a backup, which is not changed.</summary>
public static class StoreRestore
{
    /// <summary>Copies a backup into a new data folder, and compares every file of a base with its digest.</summary>
    /// <param name="backup">The backup, or any data folder that is not in use.</param>
    /// <param name="dataFolder">The new folder: missing, empty, or from an interrupted restore.</param>
    /// <param name="cancellationToken">Cancels the copy and removes the folder.</param>
    /// <exception cref="FishException">See the other overload.</exception>
    public static Task<BackupReport> RunAsync(string backup, string dataFolder, CancellationToken cancellationToken = default) =>
        RunAsync(new RestoreOptions { Backup = backup, DataFolder = dataFolder }, cancellationToken);

    /// <summary>Copies a backup into a new data folder, or replaces a store.</summary>
    /// <param name="options">What to restore, and where.</param>
    /// <param name="cancellationToken">Cancels the copy and removes its files; an existing store stays.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: the folder is not empty, or its store is open.
    /// <see cref="ErrorCode.FileNotFound"/>: there is no backup. <see cref="ErrorCode.StoreIncomplete"/>: the backup is unfinished.
    /// <see cref="ErrorCode.StorageUnavailable"/>: the disk is full or read-only. <see cref="ErrorCode.CorruptStore"/>: the backup is
    /// damaged, so it replaces no store.</exception>
    public static Task<BackupReport> RunAsync(RestoreOptions options, CancellationToken cancellationToken = default) => Task.Run(
        async () =>
        {
            var (backup, dataFolder) = (Path.GetFullPath(options.Backup), Path.GetFullPath(options.DataFolder));
            try
            {
                RequireBackup(backup, dataFolder);
                if (Incomplete.IsReplacement(dataFolder))
                {
                    RequireReplace(options, dataFolder);
                    StoreReplacement.RequireReplaceable(dataFolder);
                    StoreReplacement.Finish(dataFolder);
                }

                if (Incomplete.IsOn(dataFolder) || !File.Exists(Path.Combine(dataFolder, Database.FileName)))
                {
                    return Run(backup, dataFolder, new ProgressReporter(options.Progress), cancellationToken);
                }

                RequireReplace(options, dataFolder);
                return await ReplaceAsync(backup, dataFolder, options, cancellationToken);
            }
            catch (CatalogException error)
            {
                throw error.Refusal;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new FishException(
                    ErrorCode.StorageUnavailable, dataFolder, error.Message,
                    Incomplete.IsReplacement(dataFolder)
                        ? "Check the disk and permissions there, and run the same command again to continue. Until then both stores exist."
                        : "Check the space and permissions there. The backup and an existing store were not changed.", error);
            }
        },
        cancellationToken);

    private static void RequireBackup(string backup, string dataFolder)
    {
        if (!File.Exists(Path.Combine(backup, Database.FileName)))
        {
            throw new FishException(ErrorCode.FileNotFound, backup, $"The folder has no {Database.FileName}.",
                "Name the folder of a backup.");
        }

        Incomplete.RequireNone(backup);
        if (FolderNames.Comparer.Equals(Path.TrimEndingDirectorySeparator(backup), Path.TrimEndingDirectorySeparator(dataFolder)))
        {
            throw new FishException(ErrorCode.FolderTaken, dataFolder, "The backup and the data folder are the same.",
                "Name another folder for one of them.");
        }
    }

    private static void RequireReplace(RestoreOptions options, string dataFolder)
    {
        if (!options.Replace)
        {
            Incomplete.RequireNone(dataFolder);
            throw new FishException(
                ErrorCode.FolderTaken, dataFolder, "The folder already has a store.",
                "Name another folder, or use --replace to replace that store after the restored one is verified. Nothing was changed.");
        }
    }

    private static async Task<BackupReport> ReplaceAsync(string backup, string dataFolder, RestoreOptions options,
        CancellationToken cancellationToken)
    {
        StoreReplacement.RequireReplaceable(dataFolder);
        StoreReplacement.RemoveLeftovers(dataFolder);
        var arriving = Path.Combine(dataFolder, StoreFolder.Arriving);
        try
        {
            var report = Run(backup, arriving, new ProgressReporter(options.Progress), cancellationToken);
            if (report.Damaged.Count > 0)
            {
                throw Damaged(backup, $"{report.Damaged[0].Key}: {report.Damaged[0].Problem}");
            }

            using (var copied = Backup.OpenCopy(Path.Combine(arriving, Database.FileName)))
            {
                var findings = new StructureCheck(copied.Rows, new TaskCatalog(),
                    new VerifyItem(ItemKind.Database, 0, "database", "", 0, null)).Run(cancellationToken);
                if (findings.Count > 0)
                {
                    throw Damaged(backup, $"{findings[0].Key}: {findings[0].Problem}");
                }
            }

            if (options.Verify is { } verify && !await verify(arriving, cancellationToken))
            {
                throw Damaged(backup, "a full verification found damage.");
            }

            StoreReplacement.Run(dataFolder);
            return report;
        }
        catch when (!Incomplete.IsReplacement(dataFolder))
        {
            Remove(arriving, wholly: true);
            throw;
        }
    }

    private static FishException Damaged(string backup, string what) => new(
        ErrorCode.CorruptStore, backup, $"The backup is damaged: {what}",
        "The existing store was not changed. Restore into a new folder to see what is undamaged: docs/guides/backup-and-repair.md.");

    private static BackupReport Run(string backup, string dataFolder, ProgressReporter meter, CancellationToken cancellationToken)
    {
        Incomplete.Begin(dataFolder);
        try
        {
            var database = Path.Combine(dataFolder, Database.FileName);
            CopyDatabase(backup, database, meter, cancellationToken);
            using var copied = Open(database);
            var bases = new BaseCopy(BaseFolder.At(backup), dataFolder, link: false, meter);
            meter.Expect(BaseCopy.BytesOf(copied));
            bases.Run(copied, cancellationToken);
            var made = BackupMark.Of(copied, BackupMark.Read(backup)?.Taken
                ?? new DateTimeOffset(File.GetLastWriteTimeUtc(Path.Combine(backup, Database.FileName))), null);
            var stored = new DirectoryInfo(Path.Combine(dataFolder, "bases")).EnumerateFiles("*", SearchOption.AllDirectories)
                .Sum(file => file.Length);
            copied.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
            Incomplete.End(dataFolder);
            var bytes = new FileInfo(database).Length;
            return new BackupReport(
                bytes, bases.Copied, bases.Linked, bases.Kept, bases.Bytes, made.Checkpoints, bases.Damaged,
                made.Store.Length == 0 ? null : made.Store, made.Bases, made.Tasks, bytes + stored, made.Taken, BackupVerification.None);
        }
        catch
        {
            Remove(dataFolder, wholly: false);
            throw;
        }
    }

    // With its log, if there is one: it may contain commits that the database does not.
    private static void CopyDatabase(string backup, string database, ProgressReporter meter, CancellationToken cancellationToken)
    {
        foreach (var file in new[] { Database.FileName, Database.FileName + "-wal" }
            .Select(name => new FileInfo(Path.Combine(backup, name))).Where(found => found.Exists))
        {
            meter.Expect(file.Length);
        }

        BaseCopy.CopyFile(Path.Combine(backup, Database.FileName), database, meter, cancellationToken);
        if (File.Exists(Path.Combine(backup, Database.FileName + "-wal")))
        {
            BaseCopy.CopyFile(Path.Combine(backup, Database.FileName + "-wal"), database + "-wal", meter, cancellationToken);
        }
    }

    private static SqliteCatalogConnection Open(string database)
    {
        SQLitePCL.Batteries_V2.Init();
        return SqliteCatalogConnection.OpenFile(database);
    }

    private static void Remove(string folder, bool wholly)
    {
        try
        {
            if (!wholly)
            {
                Incomplete.Remove(folder);
            }
            else if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Remaining files keep the mark.
        }
    }
}
