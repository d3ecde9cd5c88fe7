using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Storage.Catalog;
using SQLitePCL;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>
/// Copies what was committed from the write-ahead log into the database: beside the writer, for a commit is durable once the log is synced,
/// and copying before the answer would only make it later.
/// </summary>
internal sealed class WalKeeper
{
    // Pages in the log: SQLite's own default, and what the log may grow to before a writer waits for the copying.
    private const int FewPages = 1000;
    private const int MaxPages = 16 * FewPages;

    // SQLite begins the log anew only when no reader is in it, which may never be.
    private const long MaxBytes = 1L << 28;

    // How often emptying is tried while the log grows by as much again.
    private const int AttemptsWithin = 8;

    // Milliseconds that emptying waits for readers, during which writers of other processes wait too.
    private const int ShortWait = 50;

    // SQLITE_DBSTATUS_CACHE_WRITE: pages that a connection has written.
    private const int PagesWritten = 9;

    private readonly Func<SqliteCatalogConnection> open;
    private readonly SqliteCatalogConnection writer;
    private readonly int most;
    private readonly long mostBytes;
    private long bound;
    private int pages;
    private Task copying = Task.CompletedTask;

    /// <param name="writer">The one connection that writes; not owned.</param>
    /// <param name="open">Opens another one.</param>
    /// <param name="most">Pages in the log from which on a writer waits for the copying.</param>
    /// <param name="mostBytes">Bytes of the log's file from which on a writer cuts it, where readers that come and go have kept it from
    /// beginning anew.</param>
    public WalKeeper(SqliteCatalogConnection writer, Func<SqliteCatalogConnection> open, int most = MaxPages, long mostBytes = MaxBytes)
    {
        (this.writer, this.open, this.most, this.mostBytes, bound) = (writer, open, most, mostBytes, mostBytes);
        writer.Execute("PRAGMA wal_autocheckpoint = 0");
    }

    /// <summary>Takes note of a commit; called by one writer at a time, before the next may begin. Never fails: what is committed stays so,
    /// copied or not.</summary>
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
            // One long reader is enough to keep the log: then it is tried again a little later, so that waiting for it stays a small part
            // of writing.
            TryIgnoringIo(() => bound = Empty() ? mostBytes : LogBytes + (mostBytes / AttemptsWithin));
        }
    }

    private long LogBytes => new FileInfo($"{writer.Sqlite.DataSource}-wal") is { Exists: true } log ? log.Length : 0;

    /// <summary>Copies everything and cuts the log to nothing, unless a reader needs it; called by one writer at a time, outside of a
    /// transaction.</summary>
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

    /// <summary>Waits for what is under way.</summary>
    public void Finish() => copying.Wait();

    private static void TryIgnoringIo(Action copy)
    {
        try
        {
            copy();
        }
        catch (Exception error) when (error is CatalogException or Errors.FishException)
        {
            // A full disk, say. What is in the log is durable, and stays there until a later turn.
        }
    }

    private void CopyBeside()
    {
        using var connection = open();
        Copy(connection);
    }

    // As far as no reader needs the log: what remains is counted on.
    private void Copy(CatalogConnection connection)
    {
        var before = Volatile.Read(ref pages);
        var remaining = connection.Query(
            "PRAGMA wal_checkpoint(PASSIVE)", row => row.GetInt32(0) == 0 ? row.GetInt32(1) - row.GetInt32(2) : before)
                .FirstOrDefault(before);
        Interlocked.Add(ref pages, Math.Min(0, remaining - before));
    }
}
