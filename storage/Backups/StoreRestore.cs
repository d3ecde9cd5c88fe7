using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Backups;

/// <summary>Makes a data folder of a backup, which stays as it is.</summary>
public static class StoreRestore
{
    /// <summary>Copies a backup into a new data folder; every file of a base is compared with its digest.</summary>
    /// <param name="backup">The backup, or any data folder that is not in use.</param>
    /// <param name="dataFolder">The new folder: missing or empty, or one where this was broken off.</param>
    /// <param name="cancellation">Ends the copying; the folder is removed again.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: the folder is not empty; <see cref="ErrorCode.FileNotFound"/>: there is no backup;
    /// <see cref="ErrorCode.StoreIncomplete"/>: it was not finished; <see cref="ErrorCode.StorageUnavailable"/>: the disk is full, or cannot be written.</exception>
    public static Task<BackupReport> RunAsync(string backup, string dataFolder, CancellationToken cancellation = default) =>
        RunAsync(backup, dataFolder, progress: null, cancellation);

    /// <summary>As above.</summary>
    /// <param name="backup">The backup.</param>
    /// <param name="dataFolder">The new folder.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Ends the copying.</param>
    public static Task<BackupReport> RunAsync(string backup, string dataFolder, IProgress<WorkProgress>? progress, CancellationToken cancellation = default) => Task.Run(
        () =>
        {
            try
            {
                return Run(Path.GetFullPath(backup), Path.GetFullPath(dataFolder), new WorkMeter(progress), cancellation);
            }
            catch (SqliteException error)
            {
                throw Database.Translate(error);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new FishException(
                    ErrorCode.StorageUnavailable, dataFolder, error.Message, "Check the space and permissions there; the backup was not touched.", error);
            }
        },
        cancellation);

    private static BackupReport Run(string backup, string dataFolder, WorkMeter meter, CancellationToken cancellation)
    {
        if (!File.Exists(Path.Combine(backup, Database.FileName)))
        {
            throw new FishException(ErrorCode.FileNotFound, backup, $"The folder holds no {Database.FileName}.", "Name the folder of a backup.");
        }

        Incomplete.RequireNone(backup);
        Incomplete.Begin(dataFolder);
        try
        {
            var database = Path.Combine(dataFolder, Database.FileName);
            CopyDatabase(backup, database, meter, cancellation);
            using var copied = Open(database);
            var bases = new BaseCopy(BaseFolder.At(backup), dataFolder, link: false, meter);
            meter.Expect(BaseCopy.BytesOf(copied));
            bases.Run(copied, cancellation);
            var made = BackupMark.Of(copied, BackupMark.Read(backup)?.Taken ?? new DateTimeOffset(File.GetLastWriteTimeUtc(Path.Combine(backup, Database.FileName))), null);
            var stored = new DirectoryInfo(Path.Combine(dataFolder, "bases")).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
            copied.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
            Incomplete.End(dataFolder);
            var bytes = new FileInfo(database).Length;
            return new BackupReport(
                bytes, bases.Copied, bases.Linked, bases.Kept, bases.Bytes, made.Checkpoints, bases.Damaged, made.Store.Length == 0 ? null : made.Store, made.Bases,
                made.Tasks, bytes + stored, made.Taken, BackupVerification.None);
        }
        catch
        {
            Remove(dataFolder);
            throw;
        }
    }

    // With its log, where it has one: what is committed there is in no other place.
    private static void CopyDatabase(string backup, string database, WorkMeter meter, CancellationToken cancellation)
    {
        foreach (var file in new[] { Database.FileName, Database.FileName + "-wal" }.Select(name => new FileInfo(Path.Combine(backup, name))).Where(found => found.Exists))
        {
            meter.Expect(file.Length);
        }

        BaseCopy.CopyFile(Path.Combine(backup, Database.FileName), database, meter, cancellation);
        if (File.Exists(Path.Combine(backup, Database.FileName + "-wal")))
        {
            BaseCopy.CopyFile(Path.Combine(backup, Database.FileName + "-wal"), database + "-wal", meter, cancellation);
        }
    }

    private static SqliteConnection Open(string database)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static void Remove(string dataFolder)
    {
        try
        {
            Incomplete.Remove(dataFolder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What cannot be removed carries the mark.
        }
    }
}
