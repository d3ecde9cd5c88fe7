using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Storage.Catalog;
using SQLitePCL;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>
/// Copies commits from the write-ahead log into the database in parallel to the writer. A commit is durable once the log is synced, and
/// copying first would only delay the answer.
/// </summary>
internal sealed class WalKeeper
{
    // Pages in the log: SQLite's own default, and the most before a writer waits for the copy.
    private const int FewPages = 1000;
    private const int MaxPages = 16 * FewPages;

    // SQLite restarts the log only when no reader uses it, which may never happen.
    private const long MaxBytes = 1L << 28;

    // Attempts to empty the log while it doubles.
    private const int AttemptsWithin = 8;

    // Milliseconds that emptying waits for readers; writers of other processes wait too.
    private const int ShortWait = 50;

    // SQLITE_DBSTATUS_CACHE_WRITE: pages that a connection has written.
    private const int PagesWritten = 9;

    private readonly Func<SqliteCatalogConnection> open;
    private readonly SqliteCatalogConnection writer;
    private readonly int most;
    private readonly long maxBytes;
    private long bound;
    private int pages;
    private Task copying = Task.CompletedTask;

    /// <param name="writer">The writing connection; the caller owns it.</param>
    /// <param name="open">Opens another connection.</param>
    /// <param name="most">Pages in the log beyond which a writer waits for the copy.</param>
    /// <param name="maxBytes">The size of the log beyond which a writer truncates it if readers have kept it from restarting.</param>
    public WalKeeper(SqliteCatalogConnection writer, Func<SqliteCatalogConnection> open, int most = MaxPages, long maxBytes = MaxBytes)
    {
        (this.writer, this.open, this.most, this.maxBytes, bound) = (writer, open, most, maxBytes, maxBytes);
        writer.Execute("PRAGMA wal_autocheckpoint = 0");
    }

    /// <summary>
    /// Records a commit. Called by one writer at a time, before the next may start. Never throws: the commit is durable, copied or not.
    /// </summary>
    public void Committed()
    {
        _ = raw.sqlite3_db_status(writer.Sqlite.Handle, PagesWritten, out var written, out _, resetFlg: 1);
        var inLog = Interlocked.Add(ref pages, written);
        if (inLog >= most)
        {
            TryIgnoringIo(() => Copy(writer));
        }
        else if (inLog >= FewPages && copying.IsCompleted)
        {
            copying = Task.Run(() => TryIgnoringIo(CopyBeside));
        }

        if (LogBytes >= bound)
        {
            // One long reader is enough to keep the log. The next attempt then comes a little later, so that waiting stays a small part of
            // writing.
            TryIgnoringIo(() => bound = Empty() ? maxBytes : LogBytes + (maxBytes / AttemptsWithin));
        }
    }

    private long LogBytes => new FileInfo($"{writer.Sqlite.DataSource}-wal") is { Exists: true } log ? log.Length : 0;

    /// <summary>Copies the log and truncates it unless a reader needs it. Called by one writer at a time, outside a transaction.</summary>
    /// <returns>Whether the log is empty.</returns>
    public bool Empty()
    {
        copying.Wait();
        writer.Execute($"PRAGMA busy_timeout = {ShortWait}");
        try
        {
            var empty = writer.Query("PRAGMA wal_checkpoint(TRUNCATE)", row => row.GetInt32(0) == 0).FirstOrDefault();
            if (empty)
            {
                Interlocked.Exchange(ref pages, 0);
            }

            return empty;
        }
        finally
        {
            writer.Execute($"PRAGMA busy_timeout = {Database.LongWait}");
        }
    }

    /// <summary>Waits for a copy in progress.</summary>
    public void Finish() => copying.Wait();

    private static void TryIgnoringIo(Action copy)
    {
        try
        {
            copy();
        }
        catch (Exception error) when (error is CatalogException or Errors.FishException)
        {
            // The disk may be full, for example. The log is durable, and a later attempt copies it.
        }
    }

    private void CopyBeside()
    {
        using var connection = open();
        Copy(connection);
    }

    // Copies as far as no reader needs the log, and keeps count of the rest.
    private void Copy(CatalogConnection connection)
    {
        var before = Volatile.Read(ref pages);
        var remaining = connection.Query(
            "PRAGMA wal_checkpoint(PASSIVE)", row => row.GetInt32(0) == 0 ? row.GetInt32(1) - row.GetInt32(2) : before)
                .FirstOrDefault(before);
        Interlocked.Add(ref pages, Math.Min(0, remaining - before));
    }
}
