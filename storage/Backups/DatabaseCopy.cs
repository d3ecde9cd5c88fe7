using FishCheckpoint.Engine.Maintenance;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Tensors;
using SQLitePCL;

namespace FishCheckpoint.Storage.Backups;

/// <summary>Copies a database page by page. Its snapshot keeps the copy consistent while writers continue.</summary>
internal static class DatabaseCopy
{
    // Pages between two checks for cancellation: a few MiB.
    private const int Pages = 256;

    /// <summary>Bytes of a database.</summary>
    public static long BytesOf(CatalogConnection connection) =>
        connection.Scalar<long>("PRAGMA page_count") * connection.Scalar<long>("PRAGMA page_size");

    /// <summary>Copies into a new file and syncs it.</summary>
    /// <returns>The bytes of the copy.</returns>
    public static long Write(Snapshot snapshot, string path, ProgressReporter meter, CancellationToken cancellationToken)
    {
        // A snapshot starts with its first read.
        _ = snapshot.Connection.Scalar<long>("SELECT count(*) FROM sqlite_master");
        using (var target = Open(path))
        {
            Copy(snapshot.Connection.Sqlite.Handle!, target.Sqlite.Handle!, snapshot.Connection.Scalar<long>("PRAGMA page_size"), meter,
                cancellationToken);
        }

        using var written = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        AtomicFile.SyncFile(written);
        return written.Length;
    }

    // The copy has a temporary name until it is whole, so it needs no journal.
    private static SqliteCatalogConnection Open(string path) =>
        SqliteCatalogConnection.OpenFile(path, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");

    private static void Copy(sqlite3 source, sqlite3 target, long pageSize, ProgressReporter meter, CancellationToken cancellationToken)
    {
        using var backup = raw.sqlite3_backup_init(target, "main", source, "main");
        if (backup.IsInvalid)
        {
            throw Failed(target, raw.sqlite3_errcode(target));
        }

        int result;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            result = raw.sqlite3_backup_step(backup, Pages);
            meter.Set((raw.sqlite3_backup_pagecount(backup) - raw.sqlite3_backup_remaining(backup)) * pageSize);
        }
        while (result is raw.SQLITE_OK or raw.SQLITE_BUSY or raw.SQLITE_LOCKED);
        if (result != raw.SQLITE_DONE)
        {
            throw Failed(target, result);
        }
    }

    private static FishException Failed(sqlite3 target, int code) => (code & 0xFF) is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB
        ? new FishException(ErrorCode.CorruptStore, Database.FileName, raw.sqlite3_errmsg(target).utf8_to_string(),
            "Verify the store, and repair it.")
        : new FishException(
            ErrorCode.StorageUnavailable, Database.FileName, raw.sqlite3_errmsg(target).utf8_to_string() is { Length: > 0 } text
                && text != "not an error" ? text : raw.sqlite3_errstr(code).utf8_to_string(),
            "Check the space and permissions of the copy's folder. The store was not changed.");
}
