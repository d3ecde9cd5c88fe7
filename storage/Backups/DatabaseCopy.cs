using FishCheckpoint.Engine.Maintenance;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Tensors;
using SQLitePCL;

namespace FishCheckpoint.Storage.Backups;

/// <summary>Copies a database page by page as one moment has it. The snapshot that is read through holds it still; writers go on.</summary>
internal static class DatabaseCopy
{
    // Pages between two looks at the cancellation: a few MiB.
    private const int Pages = 256;

    /// <summary>Bytes of a database.</summary>
    public static long BytesOf(CatalogConnection connection) =>
        connection.Scalar<long>("PRAGMA page_count") * connection.Scalar<long>("PRAGMA page_size");

    /// <summary>Copies into a new file, synced.</summary>
    /// <returns>Its bytes.</returns>
    public static long Write(Snapshot snapshot, string path, ProgressReporter meter, CancellationToken cancellation)
    {
        // A snapshot begins with the first read.
        _ = snapshot.Connection.Scalar<long>("SELECT count(*) FROM sqlite_master");
        using (var target = Open(path))
        {
            Copy(snapshot.Connection.Sqlite.Handle!, target.Sqlite.Handle!, snapshot.Connection.Scalar<long>("PRAGMA page_size"), meter,
                cancellation);
        }

        using var written = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        AtomicFile.SyncFile(written);
        return written.Length;
    }

    // It has a name that nobody looks for until it is whole, so that it needs no journal.
    private static SqliteCatalogConnection Open(string path) =>
        SqliteCatalogConnection.OpenFile(path, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");

    private static void Copy(sqlite3 source, sqlite3 target, long pageSize, ProgressReporter meter, CancellationToken cancellation)
    {
        using var backup = raw.sqlite3_backup_init(target, "main", source, "main");
        if (backup.IsInvalid)
        {
            throw Failed(target, raw.sqlite3_errcode(target));
        }

        int result;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            result = raw.sqlite3_backup_step(backup, Pages);
            meter.At((raw.sqlite3_backup_pagecount(backup) - raw.sqlite3_backup_remaining(backup)) * pageSize);
        }
        while (result is raw.SQLITE_OK or raw.SQLITE_BUSY or raw.SQLITE_LOCKED);
        if (result != raw.SQLITE_DONE)
        {
            throw Failed(target, result);
        }
    }

    private static FishException Failed(sqlite3 target, int code) => (code & 0xFF) is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB
        ? new FishException(ErrorCode.CorruptStore, Database.FileName, raw.sqlite3_errmsg(target).utf8_to_string(),
            "Run a verification, and repair the store.")
        : new FishException(
            ErrorCode.StorageUnavailable, Database.FileName, raw.sqlite3_errmsg(target).utf8_to_string() is { Length: > 0 } text
                && text != "not an error" ? text : raw.sqlite3_errstr(code).utf8_to_string(),
            "Check the space and permissions where the copy goes; the store itself was not touched.");
}
