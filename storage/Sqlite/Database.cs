using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Folders;
using FishCheckpoint.Storage.Sqlite.Pages;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>The database file: many readers, one writer at a time, a write acknowledged only when it is on disk.</summary>
internal sealed class Database : ICatalog
{
    public const string FileName = StoreFolder.Database;

    /// <summary>Milliseconds that a writer waits for one of another process.</summary>
    public const int LongWait = 60_000;

    // Readers come and go: one that began before the last write has to end first, and writers are let through between the attempts.
    private const int EmptyingAttempts = 100;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(50);

    private const string RepairHint = "Restore a backup, or repair the store: docs/guides/backup-and-repair.md says how.";

    // Reads without locks, each of a file that is to stay the same meanwhile.
    private const int ReadAttempts = 5;

    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly string connectionString;
    private readonly SqliteCatalogConnection? writer;
    private readonly WalKeeper? log;
    private readonly Action<CatalogConnection, string>? trace;
    private TaskCompletionSource nextCommit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Database(string path, bool isReadOnly, Func<(long Free, long Total)>? disk, Action<CatalogConnection, string>? trace = null)
    {
        (Path, IsReadOnly, this.trace) = (path, isReadOnly, trace ?? DefaultTrace);
        connectionString = new SqliteConnectionStringBuilder { DataSource = path, ForeignKeys = true, DefaultTimeout = 60, Pooling = true }
            .ToString();
        Space = new Space(this, disk);
        if (!isReadOnly)
        {
            writer = Open().KeepStatements();
            log = new WalKeeper(writer, Open);
        }
    }

    public string Path { get; }

    public string Identity
    {
        get
        {
            if (field is null)
            {
                using var snapshot = OpenSnapshot();
                field = StoreIdentity.Read(snapshot.Connection);
            }

            return field;
        }
    }

    /// <summary>Whether nothing can be written: every write is refused.</summary>
    public bool IsReadOnly { get; }

    /// <summary>What gives unused bytes back.</summary>
    public Space Space { get; }

    ISpace ICatalog.Space => Space;

    public IFrameStore Frames { get; } = new InlineFrameStore();

    /// <summary>Done with the next transaction that this process commits.</summary>
    public Task NextCommit => Volatile.Read(ref nextCommit).Task;

    /// <summary>Transactions that this process has committed; exact within one that writes.</summary>
    public long Commits { get; private set; }

    /// <summary>For tests: told of all statements of stores whose options name nobody to be told.</summary>
    public static Action<CatalogConnection, string>? DefaultTrace { get; set; }

    /// <summary>For tests: every transaction of this process runs its work twice, and takes back what it did the first time.</summary>
    public static bool WorksTwice { get; set; }

    /// <summary>Runs at the end of every transaction that writes, before it commits.</summary>
    public Action<CatalogConnection>? BeforeCommit { get; set; }

    public static Database Open(string folder, Func<(long Free, long Total)>? disk = null, Action<CatalogConnection, string>? trace = null)
    {
        SQLitePCL.Batteries_V2.Init();
        CheckedVfs.Register();

        // SQLite takes a log in for the first that opens the store; who comes later finds it as it was taken.
        if (TemporaryFolder.CountHeld(System.IO.Path.Combine(folder, "tmp")) == 0)
        {
            LogFrames.RequireWhole(System.IO.Path.Combine(folder, FileName));
        }

        var database = new Database(System.IO.Path.Combine(folder, FileName), isReadOnly: false, disk, trace);
        try
        {
            Migrations.Run(database.writer!, () => StoreFolder.RequireNoBases(folder));
            ChangeTracking.Attach(database.writer!);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Opens a database that this user cannot write. Nothing is created, migrated or locked for writing.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>: it has an earlier schema, or a log that has to be taken in
    /// first.</exception>
    public static Database OpenReadOnly(string folder, Func<(long Free, long Total)> disk)
    {
        SQLitePCL.Batteries_V2.Init();
        CheckedVfs.Register();
        var database = new Database(System.IO.Path.Combine(folder, FileName), isReadOnly: true, disk);
        using var connection = database.Open();
        Migrations.RequireCurrent(connection, folder);
        return database;
    }

    /// <summary>Refuses to go on with a database whose file was removed or replaced: what is written to it is gone when this process
    /// ends.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public void RequireInPlace()
    {
        if (writer is not null && CheckedVfs.HasMoved(writer.Sqlite))
        {
            throw new FishException(
                ErrorCode.StorageUnavailable, FileName, "The file was removed or replaced while the store is open.",
                "Put the file back, or end this program and restore a backup: what is written now would be lost.");
        }
    }

    /// <summary>A connection that sees one state of the database until it is disposed.</summary>
    public Snapshot OpenSnapshot() => new(Open());

    /// <summary>Reads in one snapshot. What is read without locks is read again if the file changed meanwhile.</summary>
    public T Read<T>(Func<CatalogConnection, T> work)
    {
        for (var attempt = 1; ; attempt++)
        {
            var before = IsReadOnly ? ReadOnlyConnection.StampOf(Path) : null;
            try
            {
                using var snapshot = OpenSnapshot();
                var result = work(snapshot.Connection);
                if (before == (IsReadOnly ? ReadOnlyConnection.StampOf(Path) : null))
                {
                    return result;
                }
            }
            catch (Exception error) when (attempt < ReadAttempts && before is not null && before != ReadOnlyConnection.StampOf(Path)
                && error is CatalogException or FishException)
            {
                continue;
            }

            if (attempt == ReadAttempts)
            {
                throw new FishException(
                    ErrorCode.StorageUnavailable, Path, "Another user changes the store while it is read.",
                    "Try again, or read through the server of that user.");
            }
        }
    }

    ICatalogSession ICatalog.OpenSnapshot() => OpenSnapshot();

    /// <summary>A connection that sees the newest state with each query. The caller disposes it.</summary>
    public SqliteCatalogConnection OpenConnection() => Open().KeepStatements();

    public ICatalogSession OpenLatest() => new Latest(OpenConnection());

    T ICatalog.Read<T>(Func<ICatalogView, T> work) => Read(connection => work(connection.Rows));

    Task<T> ICatalog.WriteAsync<T>(Func<ICatalogWriter, T> work, CancellationToken cancellation) =>
        WriteAsync(connection => work(connection.Rows), cancellation);

    public void RequireWritable()
    {
        if (IsReadOnly)
        {
            throw ReadOnlyConnection.Refusal(System.IO.Path.GetDirectoryName(Path)!);
        }
    }

    /// <summary>Runs one transaction, alone among writers, committed and synced when this returns.</summary>
    /// <param name="work">Has no effect but through its connection, or one that may come twice: it may be taken back and run again.</param>
    /// <param name="cancellation">Ends it before it commits.</param>
    /// <returns>What the work returned the last time.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>, <see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public async Task<T> WriteAsync<T>(Func<CatalogConnection, T> work, CancellationToken cancellation)
    {
        if (writer is null)
        {
            throw ReadOnlyConnection.Refusal(Path);
        }

        await writing.WaitAsync(cancellation);
        var isCommitting = false;
        try
        {
            RequireInPlace();
            using var transaction = writer.Begin();
            if (WorksTwice)
            {
                Rehearse(writer, work);
            }

            var result = work(writer);
            BeforeCommit?.Invoke(writer);
            cancellation.ThrowIfCancellationRequested();
            isCommitting = true;
            transaction.Commit();
            Commits++;
            log!.Committed();
            Interlocked.Exchange(ref nextCommit, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            return result;
        }
        catch (CatalogException error)
        {
            if (isCommitting)
            {
                Supersede(writer);
            }

            throw error.Refusal;
        }
        finally
        {
            writing.Release();
        }
    }

    // What fails, fails again.
    private void Rehearse<T>(SqliteCatalogConnection connection, Func<CatalogConnection, T> work)
    {
        connection.Execute("SAVEPOINT rehearsal");
        try
        {
            work(connection);
            BeforeCommit?.Invoke(connection);
        }
        catch (Exception error) when (error is FishException or CatalogException)
        {
        }

        connection.Execute("ROLLBACK TO rehearsal; RELEASE rehearsal");
    }

    /// <summary>Copies everything from the log into the database and cuts the log to nothing, as soon as no reader needs it; gives up after
    /// some seconds.</summary>
    /// <returns>Whether the log is empty.</returns>
    public async Task<bool> EmptyLogAsync(CancellationToken cancellation)
    {
        for (var attempt = 0; log is not null && attempt < EmptyingAttempts; attempt++)
        {
            await writing.WaitAsync(cancellation);
            try
            {
                if (log.Empty())
                {
                    return true;
                }
            }
            catch (CatalogException error)
            {
                throw error.Refusal;
            }
            finally
            {
                writing.Release();
            }

            await Task.Delay(BetweenAttempts, cancellation);
        }

        return false;
    }

    // A commit whose sync failed lies in the log all the same, and would be found there after a crash although it was refused: another one
    // takes its place.
    private static void Supersede(SqliteCatalogConnection writer)
    {
        try
        {
            using var transaction = writer.Begin();
            writer.Touch();
            transaction.Commit();
        }
        catch (CatalogException)
        {
            // The disk fails still. It is for the next commit to do.
        }
    }

    public void Dispose()
    {
        log?.Finish();
        if (writer is not null)
        {
            writer.Dispose();
            SqliteConnection.ClearPool(writer.Sqlite);
        }

        writing.Dispose();
    }

    /// <summary>SQLite's error as the catalog's.</summary>
    public static CatalogException Wrap(SqliteException error) => new(FaultOf(error), Translate(error), error);

    private static CatalogFault FaultOf(SqliteException error) => error.SqliteErrorCode switch
    {
        _ when error.SqliteExtendedErrorCode == PageDamage.Code => CatalogFault.Damaged,
        SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB => CatalogFault.Damaged,
        SQLitePCL.raw.SQLITE_IOERR => CatalogFault.Unreadable,
        SQLitePCL.raw.SQLITE_FULL => CatalogFault.Full,
        SQLitePCL.raw.SQLITE_CONSTRAINT or SQLitePCL.raw.SQLITE_MISMATCH => CatalogFault.Constraint,
        SQLitePCL.raw.SQLITE_INTERRUPT => CatalogFault.Interrupted,
        _ => CatalogFault.Other,
    };

    private static FishException Translate(SqliteException error) => error.SqliteErrorCode switch
    {
        _ when error.SqliteExtendedErrorCode == PageDamage.Code => new FishException(
            ErrorCode.CorruptStore, FileName, $"The database is damaged: {PageDamage.Last}.", RepairHint, error),
        SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB => new FishException(
            ErrorCode.CorruptStore, FileName, error.Message, RepairHint, error),
        SQLitePCL.raw.SQLITE_READONLY => ReadOnlyConnection.Refusal(FileName, error),
        SQLitePCL.raw.SQLITE_FULL => new FishException(ErrorCode.StorageUnavailable, FileName, error.Message, Space.WhatToDo, error),
        _ => new FishException(
            ErrorCode.StorageUnavailable, FileName, error.Message,
            "Check the disk's space and permissions, and try again; nothing was changed.", error),
    };

    private SqliteCatalogConnection Open()
    {
        if (IsReadOnly)
        {
            return ReadOnlyConnection.Open(Path);
        }

        // macOS makes bytes durable only where it is asked to empty the disk's own cache; other systems pass over that.
        return SqliteCatalogConnection.Open(
            connectionString,
            $"PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA busy_timeout = {LongWait}; PRAGMA cell_size_check = ON;", trace);
    }
}

/// <summary>A connection whose questions are each answered by the newest state.</summary>
internal sealed class Latest(SqliteCatalogConnection connection) : ICatalogSession
{
    public ICatalogView View => connection.Rows;

    public void Release()
    {
    }

    public void Dispose() => connection.Dispose();
}

/// <summary>A read transaction: what is deleted meanwhile stays readable here.</summary>
internal sealed class Snapshot : ICatalogSession
{
    private readonly SqliteCatalogTransaction transaction;

    public Snapshot(SqliteCatalogConnection connection)
    {
        Connection = connection;
        transaction = connection.Begin(deferred: true);
    }

    public SqliteCatalogConnection Connection { get; }

    public ICatalogView View => Connection.Rows;

    /// <summary>Lets the state go, so that the log can be emptied: what is read through the connection from now on is the newest.</summary>
    public void Release() => transaction.Dispose();

    public void Dispose()
    {
        transaction.Dispose();
        Connection.Dispose();
    }
}
