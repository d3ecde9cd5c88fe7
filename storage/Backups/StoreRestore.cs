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

/// <summary>Makes a data folder of a backup, which stays as it is.</summary>
public static class StoreRestore
{
    /// <summary>Copies a backup into a new data folder; every file of a base is compared with its digest.</summary>
    /// <param name="backup">The backup, or any data folder that is not in use.</param>
    /// <param name="dataFolder">The new folder: missing or empty, or one where this was broken off.</param>
    /// <param name="cancellation">Ends the copying; the folder is removed again.</param>
    /// <exception cref="FishException">As below.</exception>
    public static Task<BackupReport> RunAsync(string backup, string dataFolder, CancellationToken cancellation = default) =>
        RunAsync(new RestoreOptions { Backup = backup, DataFolder = dataFolder }, cancellation);

    /// <summary>As above, or in the place of a store that is there.</summary>
    /// <param name="options">What, and where to.</param>
    /// <param name="cancellation">Ends the copying; what was copied is removed again, and a store that was there stays.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: the folder is not empty, or its store is open;
    /// <see cref="ErrorCode.FileNotFound"/>: there is no backup; <see cref="ErrorCode.StoreIncomplete"/>: it was not finished;
    /// <see cref="ErrorCode.StorageUnavailable"/>: the disk is full, or cannot be written; <see cref="ErrorCode.CorruptStore"/>: a backup
    /// that is damaged replaces nothing.</exception>
    public static Task<BackupReport> RunAsync(RestoreOptions options, CancellationToken cancellation = default) => Task.Run(
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
                    return Run(backup, dataFolder, new ProgressReporter(options.Progress), cancellation);
                }

                RequireReplace(options, dataFolder);
                return await ReplaceAsync(backup, dataFolder, options, cancellation);
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
                        ? "Check the disk and the permissions there, "
                            + "and run the same command again: it goes on from here. Both stores are there until then."
                        : "Check the space and permissions there; the backup was not touched, nor was a store that was there.", error);
            }
        },
        cancellation);

    private static void RequireBackup(string backup, string dataFolder)
    {
        if (!File.Exists(Path.Combine(backup, Database.FileName)))
        {
            throw new FishException(ErrorCode.FileNotFound, backup, $"The folder holds no {Database.FileName}.",
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
                ErrorCode.FolderTaken, dataFolder, "The folder holds a store.",
                "Name another folder, or say --replace: once the restored store is verified, "
                    + "it takes the place of the one that is there. Nothing was changed.");
        }
    }

    private static async Task<BackupReport> ReplaceAsync(string backup, string dataFolder, RestoreOptions options,
        CancellationToken cancellation)
    {
        StoreReplacement.RequireReplaceable(dataFolder);
        StoreReplacement.RemoveLeftovers(dataFolder);
        var arriving = Path.Combine(dataFolder, StoreFolder.Arriving);
        try
        {
            var report = Run(backup, arriving, new ProgressReporter(options.Progress), cancellation);
            if (report.Damaged.Count > 0)
            {
                throw Damaged(backup, $"{report.Damaged[0].Key}: {report.Damaged[0].Problem}");
            }

            using (var copied = Backup.OpenCopy(Path.Combine(arriving, Database.FileName)))
            {
                var findings = new StructureCheck(copied.Rows, new TaskCatalog(),
                    new VerifyItem(ItemKind.Database, 0, "database", "", 0, null)).Run(cancellation);
                if (findings.Count > 0)
                {
                    throw Damaged(backup, $"{findings[0].Key}: {findings[0].Problem}");
                }
            }

            if (options.Verify is { } verify && !await verify(arriving, cancellation))
            {
                throw Damaged(backup, "reading all of it has found damage.");
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
        "The existing store is unchanged. Restore into a new folder to see what is sound: see docs/guides/backup-and-repair.md.");

    private static BackupReport Run(string backup, string dataFolder, ProgressReporter meter, CancellationToken cancellation)
    {
        Incomplete.Begin(dataFolder);
        try
        {
            var database = Path.Combine(dataFolder, Database.FileName);
            CopyDatabase(backup, database, meter, cancellation);
            using var copied = Open(database);
            var bases = new BaseCopy(BaseFolder.At(backup), dataFolder, link: false, meter);
            meter.Expect(BaseCopy.BytesOf(copied));
            bases.Run(copied, cancellation);
            var made = BackupMark.Of(copied, BackupMark.Read(backup)?.Taken
                ?? new DateTimeOffset(File.GetLastWriteTimeUtc(Path.Combine(backup, Database.FileName))), null);
            var stored = new DirectoryInfo(Path.Combine(dataFolder, "bases")).EnumerateFiles("*", SearchOption.AllDirectories)
                .Sum(file => file.Length);
            copied.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
            Incomplete.End(dataFolder);
            var bytes = new FileInfo(database).Length;
            return new BackupReport(
                bytes, bases.Copied, bases.Linked, bases.Kept, bases.Bytes, made.Checkpoints, bases.Damaged, made.Store.Length == 0 ? null
                    : made.Store, made.Bases,
                made.Tasks, bytes + stored, made.Taken, BackupVerification.None);
        }
        catch
        {
            Remove(dataFolder, wholly: false);
            throw;
        }
    }

    // With its log, where it has one: what is committed there is in no other place.
    private static void CopyDatabase(string backup, string database, ProgressReporter meter, CancellationToken cancellation)
    {
        foreach (var file in new[] { Database.FileName, Database.FileName + "-wal" }
            .Select(name => new FileInfo(Path.Combine(backup, name))).Where(found => found.Exists))
        {
            meter.Expect(file.Length);
        }

        BaseCopy.CopyFile(Path.Combine(backup, Database.FileName), database, meter, cancellation);
        if (File.Exists(Path.Combine(backup, Database.FileName + "-wal")))
        {
            BaseCopy.CopyFile(Path.Combine(backup, Database.FileName + "-wal"), database + "-wal", meter, cancellation);
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
            // What cannot be removed carries the mark.
        }
    }
}
