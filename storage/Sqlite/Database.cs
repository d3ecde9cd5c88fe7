using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Folders;
using FishCheckpoint.Storage.Sqlite.Pages;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>The database file: many readers, one writer at a time, commits durable before they are acknowledged.</summary>
internal sealed class Database : ICatalog, IFrameStore
{
    public const string FileName = StoreFolder.Database;

    /// <summary>Milliseconds that a writer waits for a writer of another process.</summary>
    public const int LongWait = 60_000;

    // A reader that started before the last write must end first; writers run between the attempts.
    private const int EmptyingAttempts = 100;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(50);

    private const string RepairHint = "Restore a backup, or repair the store as in docs/guides/backup-and-repair.md.";

    // Reads without locks, which are repeated if the file changes meanwhile.
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

    /// <summary>Whether the database is read-only: every write fails.</summary>
    public bool IsReadOnly { get; }

    /// <summary>Returns unused bytes to the disk.</summary>
    public Space Space { get; }

    ISpace ICatalog.Space => Space;

    IFrameStore ICatalog.Frames => this;

    /// <summary>Completes after the next transaction that this process commits.</summary>
    public Task NextCommit => Volatile.Read(ref nextCommit).Task;

    /// <summary>The number of transactions that this process has committed; exact within a write transaction.</summary>
    public long Commits { get; private set; }

    /// <summary>For tests: receives all statements of stores without a trace of their own.</summary>
    public static Action<CatalogConnection, string>? DefaultTrace { get; set; }

    /// <summary>For tests: every transaction of this process runs its work twice and rolls back the first run.</summary>
    public static bool WorksTwice { get; set; }

    /// <summary>Runs at the end of every write transaction, before it commits.</summary>
    public Action<CatalogConnection>? BeforeCommit { get; set; }

    public static Database Open(string folder, Func<(long Free, long Total)>? disk = null, Action<CatalogConnection, string>? trace = null)
    {
        SQLitePCL.Batteries_V2.Init();
        CheckedVfs.Register();

        // SQLite recovers the log for the first process that opens the store; later ones find it recovered.
        if (TemporaryFolder.CountLocked(System.IO.Path.Combine(folder, "tmp")) == 0)
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

    /// <summary>Opens a read-only database. Creates, migrates and locks nothing.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>: it has an earlier schema, or a log that must be recovered
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

    // The bytes go with their row.
    Task IFrameStore.PlaceAsync(NewFrame frame, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Throws if the file was removed or replaced: further writes would be lost when this process ends.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public void RequireInPlace()
    {
        if (writer is not null && CheckedVfs.HasMoved(writer.Sqlite))
        {
            throw new FishException(
                ErrorCode.StorageUnavailable, FileName, "The file was removed or replaced while the store was open.",
                "Put the file back, or end this program and restore a backup. Further writes would be lost.");
        }
    }

    /// <summary>Opens a connection with one consistent view until it is disposed.</summary>
    public Snapshot OpenSnapshot() => new(Open());

    /// <summary>Reads in one snapshot. Without locks it reads again if the file has changed meanwhile.</summary>
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
                    ErrorCode.StorageUnavailable, Path, "Another user changed the store during the read.",
                    "Try again, or read through that user's server.");
            }
        }
    }

    ICatalogSession ICatalog.OpenSnapshot() => OpenSnapshot();

    /// <summary>Opens a connection in which each query sees the newest commit. The caller disposes it.</summary>
    public SqliteCatalogConnection OpenConnection() => Open().KeepStatements();

    public ICatalogSession OpenLatest() => new Latest(OpenConnection());

    T ICatalog.Read<T>(Func<ICatalogView, T> work) => Read(connection => work(connection.Rows));

    Task<T> ICatalog.WriteAsync<T>(Func<ICatalogWriter, T> work, CancellationToken cancellationToken) =>
        WriteAsync(connection => work(connection.Rows), cancellationToken);

    public void RequireWritable()
    {
        if (IsReadOnly)
        {
            throw ReadOnlyConnection.Refusal(System.IO.Path.GetDirectoryName(Path)!);
        }
    }

    /// <summary>Runs one write transaction, committed and synced when this returns.</summary>
    /// <param name="work">The transaction. It may be rolled back and run again, so it must act only through its connection, or in ways that
    /// may happen twice.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The result of the last run.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.StoreReadOnly"/>, <see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public async Task<T> WriteAsync<T>(Func<CatalogConnection, T> work, CancellationToken cancellationToken)
    {
        if (writer is null)
        {
            throw ReadOnlyConnection.Refusal(Path);
        }

        await writing.WaitAsync(cancellationToken);
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
            cancellationToken.ThrowIfCancellationRequested();
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

    // An error occurs again in the real run.
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

    /// <summary>Copies the log into the database and truncates it, once no reader needs it; gives up after some seconds.</summary>
    /// <returns>Whether the log is empty.</returns>
    public async Task<bool> EmptyLogAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 0; log is not null && attempt < EmptyingAttempts; attempt++)
        {
            await writing.WaitAsync(cancellationToken);
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

            await Task.Delay(BetweenAttempts, cancellationToken);
        }

        return false;
    }

    // A commit whose sync failed is still in the log, and would be found there after a crash although it was refused. Another commit
    // replaces it.
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
            // The disk still fails; the next commit replaces it.
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

    /// <summary>Converts an error of SQLite to one of the catalog.</summary>
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
            "Check the disk's space and permissions, and try again. Nothing was changed.", error),
    };

    private SqliteCatalogConnection Open()
    {
        if (IsReadOnly)
        {
            return ReadOnlyConnection.Open(Path);
        }

        // macOS writes durably only if it flushes the disk's own cache; other systems ignore this setting.
        return SqliteCatalogConnection.Open(
            connectionString,
            $"PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA busy_timeout = {LongWait}; PRAGMA cell_size_check = ON;", trace);
    }
}

/// <summary>A connection in which each question sees the newest commit.</summary>
internal sealed class Latest(SqliteCatalogConnection connection) : ICatalogSession
{
    public ICatalogView View => connection.Rows;

    public void Release()
    {
    }

    public void Dispose() => connection.Dispose();
}

/// <summary>A read transaction: rows that are deleted meanwhile stay readable.</summary>
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

    /// <summary>Ends the snapshot so that the log can be emptied; later reads see the newest commit.</summary>
    public void Release() => transaction.Dispose();

    public void Dispose()
    {
        transaction.Dispose();
        Connection.Dispose();
    }
}
