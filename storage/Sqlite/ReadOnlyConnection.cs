using FishCheckpoint.Errors;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>
/// Opens a read-only database. SQLite normally creates a log and its index even to read; this creates nothing. With a log and its index it
/// reads through the log; without a log the file alone is complete.
/// </summary>
internal static class ReadOnlyConnection
{
    /// <summary>The error for every change to a read-only store.</summary>
    public static FishException Refusal(string key, Exception? cause = null) => new(
        ErrorCode.StoreReadOnly, key,
        "The store is read-only: this user may not write to its data folder, or the file system is mounted read-only.",
        "Write as the user who owns the folder or through that user's server, or restore a backup into your own folder. "
            + "Nothing was changed.", cause);

    /// <summary>The address that opens a database without creating files next to it.</summary>
    /// <param name="path">The path of the database.</param>
    /// <returns>The address, and whether it includes the log.</returns>
    public static (string Source, bool ReadsLog) SourceOf(string path)
    {
        var readsLog = File.Exists(path + "-wal") && File.Exists(path + "-shm");
        return ($"file:{Uri.EscapeDataString(path)}?mode=ro&{(readsLog ? "readonly_shm=1" : "immutable=1")}", readsLog);
    }

    /// <summary>
    /// A value that changes when another user writes to a database that is read without locks; <see langword="null"/> if its log is read
    /// with locks.
    /// </summary>
    public static string? StampOf(string path) =>
        SourceOf(path).ReadsLog ? null : new FileInfo(path) is { Exists: true } file ? $"{file.Length} {file.LastWriteTimeUtc.Ticks}"
            : string.Empty;

    /// <summary>Opens a connection for one reader. The caller disposes it.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>: a log exists without its index.</exception>
    public static SqliteCatalogConnection Open(string path)
    {
        var (source, readsLog) = SourceOf(path);
        if (!readsLog && new FileInfo(path + "-wal") is { Exists: true, Length: > 0 })
        {
            throw new FishException(
                ErrorCode.StoreReadOnly, path,
                $"{Database.FileName}-wal contains the last saves and must be recovered first, because {Database.FileName}-shm is missing.",
                "Open the folder once as a user who may write it, for example with 'fishckpt ls', or copy it to a writable place.");
        }

        // Not pooled: a connection that treats the file as immutable must not outlive its read.
        return SqliteCatalogConnection.Open(
            new SqliteConnectionStringBuilder { DataSource = source, Pooling = false, DefaultTimeout = 60 }.ToString(),
            $"PRAGMA query_only = 1; PRAGMA busy_timeout = {Database.LongWait}; PRAGMA cell_size_check = ON;");
    }
}
