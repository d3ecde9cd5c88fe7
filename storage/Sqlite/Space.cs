using FishCheckpoint.Engine.Ports;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>Returns the bytes of unused pages and of the log to the file system.</summary>
internal sealed class Space(Database database, Func<(long Free, long Total)>? disk) : ISpace
{
    /// <summary>Advice for a full disk.</summary>
    public const string WhatToDo =
        "Free some space and try again. 'fishckpt gc --now' makes all deletions final and frees their space. Nothing was changed.";

    // ENOSPC, and ERROR_DISK_FULL on Windows.
    private const int NoSpace = 28;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    // Per transaction, since writers wait for it and the log grows.
    private const int PagesAtOnce = 512;

    // While a reader needs the log, moving pages only makes it longer. Beyond this size the rest waits for a later round.
    private const long MaxLogBytes = 1L << 27;

    /// <summary>Whether an error reports a full disk.</summary>
    public static bool IsFull(Exception? error) => error is not null
        && (error is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL } or IOException { HResult: NoSpace or WindowsDiskFull }
            || IsFull(error.InnerException));

    /// <summary>
    /// Moves pages from the end of the file into its gaps, shortens it, and empties the log. Readers continue; stops early if one needs the
    /// log for long.
    /// </summary>
    /// <param name="hasTime">Whether time is left.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <param name="mostLogBytes">The size of the log beyond which it must be emptied before more pages are moved.</param>
    public async Task ReturnAsync(Func<bool> hasTime, CancellationToken cancellationToken, long mostLogBytes = MaxLogBytes)
    {
        while (hasTime() && await ShortenAsync(cancellationToken) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (LengthOf(LogPath) >= mostLogBytes && !await database.EmptyLogAsync(cancellationToken))
            {
                return;
            }
        }

        await database.EmptyLogAsync(cancellationToken);
    }

    public long LogBytes => LengthOf(LogPath);

    public (long Free, long Total) Disk => disk?.Invoke() ?? (long.MaxValue, 0);

    string ISpace.WhatToDo => WhatToDo;

    bool ISpace.IsFull(Exception? error) => IsFull(error);

    Task ISpace.ReturnAsync(Func<bool> hasTime, CancellationToken cancellationToken) => ReturnAsync(hasTime, cancellationToken);

    /// <summary>Bytes of the database's file and its log.</summary>
    public long FileBytes => LengthOf(database.Path) + LengthOf(LogPath);

    private string LogPath => database.Path + "-wal";

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    // Each row of the result moves one page, so all rows must be read.
    private Task<long> ShortenAsync(CancellationToken cancellationToken) => database.WriteAsync(
        connection =>
        {
            connection.Query($"PRAGMA incremental_vacuum({PagesAtOnce})", _ => true);
            return connection.Scalar<long>("PRAGMA freelist_count");
        },
        cancellationToken);
}
