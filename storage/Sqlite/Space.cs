using FishCheckpoint.Engine.Ports;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>Gives the bytes of unused pages, and of the log, back to the file system.</summary>
internal sealed class Space(Database database, Func<(long Free, long Total)>? disk) : ISpace
{
    /// <summary>What to do where the disk is full.</summary>
    public const string WhatToDo =
        "Free some space and try again; nothing was changed. 'fishckpt gc --now' removes what was deleted and can still be brought back.";

    // ENOSPC, and ERROR_DISK_FULL of Windows.
    private const int NoSpace = 28;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    // Of each transaction: what a writer who waits, and the log, can bear.
    private const int PagesAtOnce = 512;

    // While a reader keeps the log, what is moved makes it longer, and nothing comes back: beyond this, moving waits for another round.
    private const long MaxLogBytes = 1L << 27;

    /// <summary>Whether an error says that the disk is full.</summary>
    public static bool IsFull(Exception? error) => error is not null
        && (error is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL } or IOException { HResult: NoSpace or WindowsDiskFull }
            || IsFull(error.InnerException));

    /// <summary>
    /// Moves pages from the end of the file into its gaps, shortens it, and empties the log. Readers go on meanwhile; one that keeps the
    /// log for long ends the work for now.
    /// </summary>
    /// <param name="goes">Whether there is time to go on.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <param name="mostLogBytes">Bytes of the log from which on it has to be emptied before more is moved.</param>
    public async Task ReturnAsync(Func<bool> goes, CancellationToken cancellation, long mostLogBytes = MaxLogBytes)
    {
        while (goes() && await ShortenAsync(cancellation) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            if (LengthOf(LogPath) >= mostLogBytes && !await database.EmptyLogAsync(cancellation))
            {
                return;
            }
        }

        await database.EmptyLogAsync(cancellation);
    }

    public long LogBytes => LengthOf(LogPath);

    public (long Free, long Total) Disk => disk?.Invoke() ?? (long.MaxValue, 0);

    string ISpace.WhatToDo => WhatToDo;

    bool ISpace.IsFull(Exception? error) => IsFull(error);

    Task ISpace.ReturnAsync(Func<bool> goes, CancellationToken cancellation) => ReturnAsync(goes, cancellation);

    /// <summary>Bytes of the database's file and its log.</summary>
    public long FileBytes => LengthOf(database.Path) + LengthOf(LogPath);

    private string LogPath => database.Path + "-wal";

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    // Each page is a row of the pragma's result: those that are not read are not moved.
    private Task<long> ShortenAsync(CancellationToken cancellation) => database.WriteAsync(
        connection =>
        {
            connection.Query($"PRAGMA incremental_vacuum({PagesAtOnce})", _ => true);
            return connection.Scalar<long>("PRAGMA freelist_count");
        },
        cancellation);
}
