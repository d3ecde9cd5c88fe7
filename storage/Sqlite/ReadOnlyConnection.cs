using FishCheckpoint.Errors;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>
/// Opens a database that this user can only read. SQLite creates a log and its index beside a database even to read it; here nothing is
/// created. A log that lies there with its index is read through it, without one the file is complete by itself and is read as it lies.
/// </summary>
internal static class ReadOnlyConnection
{
    /// <summary>The error for whatever would change a store that can only be read.</summary>
    public static FishException Refusal(string key, Exception? cause = null) => new(
        ErrorCode.StoreReadOnly, key,
            "This store can only be read: this user may not write its data folder, or its file system is mounted for reading only.",
        "Write as the user who owns the folder, or through the server of that user; or restore a backup into a folder of your own. "
            + "Nothing was changed.", cause);

    /// <summary>The address that SQLite opens a database by, so that nothing is created beside it.</summary>
    /// <param name="path">The database.</param>
    /// <returns>The address, and whether a log is read with it.</returns>
    public static (string Source, bool ReadsLog) SourceOf(string path)
    {
        var readsLog = File.Exists(path + "-wal") && File.Exists(path + "-shm");
        return ($"file:{Uri.EscapeDataString(path)}?mode=ro&{(readsLog ? "readonly_shm=1" : "immutable=1")}", readsLog);
    }

    /// <summary>
    /// What changes when another user writes to a database that is read without locks; <see langword="null"/> while its log is read, which
    /// has locks.
    /// </summary>
    public static string? StampOf(string path) =>
        SourceOf(path).ReadsLog ? null : new FileInfo(path) is { Exists: true } file ? $"{file.Length} {file.LastWriteTimeUtc.Ticks}"
            : string.Empty;

    /// <summary>Opens a connection for one reader. The caller disposes it.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>: a log lies there without its index.</exception>
    public static SqliteCatalogConnection Open(string path)
    {
        var (source, readsLog) = SourceOf(path);
        if (!readsLog && new FileInfo(path + "-wal") is { Exists: true, Length: > 0 })
        {
            throw new FishException(
                ErrorCode.StoreReadOnly, path,
                    $"{Database.FileName}-wal holds what was saved last, "
                        + $"and its index {Database.FileName}-shm is missing: it has to be taken in first.",
                "Open the folder once as the user who may write it ('fishckpt ls' does it), or copy it to a place where you may write.");
        }

        // Not pooled: one that takes the file as unchanging must not outlive what it reads.
        return SqliteCatalogConnection.Open(
            new SqliteConnectionStringBuilder { DataSource = source, Pooling = false, DefaultTimeout = 60 }.ToString(),
            $"PRAGMA query_only = 1; PRAGMA busy_timeout = {Database.LongWait}; PRAGMA cell_size_check = ON;");
    }
}
