using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Sqlite.Pages;
using FishCheckpoint.Storage.Totals;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>The database file: many readers, one writer at a time, a write acknowledged only when it is on disk.</summary>
internal sealed class Database : IDisposable
{
    public const string FileName = "fish.db";

    /// <summary>Milliseconds that a writer waits for one of another process.</summary>
    public const int LongWait = 60_000;

    // Readers come and go: one that began before the last write has to end first, and writers are let through between the attempts.
    private const int EmptyingAttempts = 100;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly string connectionString;
    private readonly SqliteConnection writer;
    private readonly WalKeeper log;
    private TaskCompletionSource nextCommit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Database(string path)
    {
        Path = path;
        connectionString = new SqliteConnectionStringBuilder { DataSource = path, ForeignKeys = true, DefaultTimeout = 60, Pooling = true }.ToString();
        writer = Open();
        log = new WalKeeper(writer, Open);
        Space = new Space(this);
    }

    public string Path { get; }

    /// <summary>What gives unused bytes back.</summary>
    public Space Space { get; }

    /// <summary>Done with the next transaction that this process commits.</summary>
    public Task NextCommit => Volatile.Read(ref nextCommit).Task;

    /// <summary>Runs at the end of every transaction that writes, before it commits.</summary>
    public Action<SqliteConnection>? BeforeCommit { get; set; }

    public static Database Open(string folder)
    {
        SQLitePCL.Batteries_V2.Init();
        CheckedVfs.Register();
        var database = new Database(System.IO.Path.Combine(folder, FileName));
        try
        {
            Migrations.Run(database.writer);
            TotalsKeeper.Attach(database.writer);
            Statement.KeepOf(database.writer);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>A connection that sees one state of the database until it is disposed.</summary>
    public Snapshot OpenSnapshot() => new(Open());

    /// <summary>A connection that sees the newest state with each query. The caller disposes it.</summary>
    public SqliteConnection OpenConnection() => Open();

    /// <summary>Runs one transaction, alone among writers, committed and synced when this returns.</summary>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellation)
    {
        await writing.WaitAsync(cancellation);
        var isCommitting = false;
        try
        {
            using var transaction = writer.BeginTransaction(deferred: false);
            var result = work(writer);
            BeforeCommit?.Invoke(writer);
            cancellation.ThrowIfCancellationRequested();
            isCommitting = true;
            transaction.Commit();
            log.Committed();
            Interlocked.Exchange(ref nextCommit, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            return result;
        }
        catch (SqliteException error)
        {
            if (isCommitting)
            {
                Bury();
            }

            throw Translate(error);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Copies everything from the log into the database and cuts the log to nothing, as soon as no reader needs it; gives up after some seconds.</summary>
    /// <returns>Whether the log is empty.</returns>
    public async Task<bool> EmptyLogAsync(CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < EmptyingAttempts; attempt++)
        {
            await writing.WaitAsync(cancellation);
            try
            {
                if (log.Empty())
                {
                    return true;
                }
            }
            catch (SqliteException error)
            {
                throw Translate(error);
            }
            finally
            {
                writing.Release();
            }

            await Task.Delay(BetweenAttempts, cancellation);
        }

        return false;
    }

    // A commit whose sync failed lies in the log all the same, and would be found there after a crash although it was refused: another one takes its place.
    private void Bury()
    {
        try
        {
            using var transaction = writer.BeginTransaction(deferred: false);
            Touch(writer);
            transaction.Commit();
        }
        catch (SqliteException)
        {
            // The disk fails still. It is for the next commit to do.
        }
    }

    /// <summary>Writes a page that says what it said before.</summary>
    public static void Touch(SqliteConnection connection) => connection.Execute($"PRAGMA user_version = {connection.Scalar<long>("PRAGMA user_version")}");

    public void Dispose()
    {
        log.Finish();
        writer.Dispose();
        SqliteConnection.ClearPool(writer);
        writing.Dispose();
    }

    /// <summary>Whether an error says that what lies on the disk is not what was written.</summary>
    public static bool IsDamage(SqliteException error) => error.SqliteExtendedErrorCode == PageDamage.Code
        || error.SqliteErrorCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB;

    public static FishException Translate(SqliteException error) => error.SqliteErrorCode switch
    {
        _ when error.SqliteExtendedErrorCode == PageDamage.Code => new FishException(
            ErrorCode.CorruptStore, FileName, $"The database is damaged: {PageDamage.Last}.", "Restore a backup, or repair the store: docs/REPAIR.md says how.", error),
        SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB => new FishException(
            ErrorCode.CorruptStore, FileName, error.Message, "Restore a backup, or repair the store: docs/REPAIR.md says how.", error),
        _ => new FishException(
            ErrorCode.StorageUnavailable, FileName, error.Message, "Check the disk's space and permissions, and try again; nothing was changed.", error),
    };

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            // macOS makes bytes durable only where it is asked to empty the disk's own cache; other systems pass over that.
            connection.Execute(
                $"PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA busy_timeout = {LongWait}; PRAGMA cell_size_check = ON;");
            return connection;
        }
        catch (SqliteException error)
        {
            connection.Dispose();
            throw Translate(error);
        }
    }
}

/// <summary>A read transaction: what is deleted meanwhile stays readable here.</summary>
internal sealed class Snapshot : IDisposable
{
    private readonly SqliteTransaction transaction;

    public Snapshot(SqliteConnection connection)
    {
        Connection = connection;
        transaction = connection.BeginTransaction(deferred: true);
    }

    public SqliteConnection Connection { get; }

    /// <summary>Lets the state go, so that the log can be emptied: what is read through the connection from now on is the newest.</summary>
    public void Release() => transaction.Dispose();

    public void Dispose()
    {
        transaction.Dispose();
        Connection.Dispose();
    }
}
