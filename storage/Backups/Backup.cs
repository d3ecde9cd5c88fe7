using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Tensors;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Backups;

/// <summary>
/// Makes a backup: the database as one moment has it, then the files of the bases that it names, then the database under its name. What is there before that is the
/// earlier backup, or marked as incomplete.
/// </summary>
internal sealed class Backup(Database database, BaseFolder folder, StoreOptions store)
{
    private readonly WorkMeter meter = new(store.Progress);

    public BackupReport Run(BackupOptions options, CancellationToken cancellation)
    {
        var target = Path.GetFullPath(options.To);
        var isNew = false;
        var arriving = Path.Combine(target, $"{Guid.NewGuid():N}.arriving");
        try
        {
            isNew = Begin(target);
            AtomicFile.Recover(target);
            var bytes = Copy(arriving, cancellation);
            var bases = new BaseCopy(folder, target, options.Link, meter);
            var (checkpoints, identity) = ReadCopy(arriving, bases, cancellation);
            Require(target);
            AtomicFile.Replace(arriving, Path.Combine(target, Database.FileName));
            End(target, isNew);
            return new BackupReport(bytes, bases.Copied, bases.Linked, bases.Kept, bases.Bytes, checkpoints, bases.Damaged, identity);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Undo(target, arriving, isNew);
            throw new FishException(
                ErrorCode.StorageUnavailable, target, error.Message, "Check the space and permissions there; the store was not touched, nor was an earlier backup.", error);
        }
        catch
        {
            Undo(target, arriving, isNew);
            throw;
        }
    }

    private bool Begin(string target)
    {
        if (FolderNames.Comparer.Equals(
            Path.TrimEndingDirectorySeparator(target), Path.TrimEndingDirectorySeparator(Path.GetFullPath(store.DataFolder))))
        {
            throw new FishException(ErrorCode.FolderTaken, target, "This is the data folder itself.", "Name another folder, best on another disk.");
        }

        if (!Incomplete.IsOn(target) && File.Exists(Path.Combine(target, Database.FileName)))
        {
            Require(target);
            RemoveLeftovers(target);
            return false;
        }

        // Files of bases that arrived whole before a backup was broken off are not copied again.
        Incomplete.Begin(target, kept: "bases");
        return true;
    }

    private long Copy(string arriving, CancellationToken cancellation)
    {
        using var snapshot = database.OpenSnapshot();
        meter.Expect(DatabaseCopy.BytesOf(snapshot.Connection) + BaseCopy.BytesOf(snapshot.Connection));
        return DatabaseCopy.Write(snapshot, arriving, meter, cancellation);
    }

    // Read only as a file that nobody writes: nothing is left beside it.
    private static (long Checkpoints, string Identity) ReadCopy(string arriving, BaseCopy bases, CancellationToken cancellation)
    {
        using var copied = new SqliteConnection($"Data Source=file:{Uri.EscapeDataString(arriving)}?immutable=1;Mode=ReadOnly;Pooling=False");
        copied.Open();
        bases.Run(copied, cancellation);
        return (copied.Scalar<long>("SELECT count(*) FROM checkpoints WHERE deleted = 0"), StoreIdentity.Read(copied));
    }

    // A log beside the database means that the folder was opened as a store, and saved to: it is no backup any more.
    private static void Require(string target)
    {
        if (new FileInfo(Path.Combine(target, Database.FileName + "-wal")) is { Exists: true, Length: > 0 })
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

    private static void Undo(string target, string arriving, bool isNew)
    {
        try
        {
            File.Delete(arriving);
            if (isNew)
            {
                Incomplete.Remove(target);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What cannot be removed carries the mark.
        }
    }
}
