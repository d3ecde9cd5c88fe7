using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite.Pages;
using FishCheckpoint.Tensors;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>A connection to a SQLite database. Owns the connection of Microsoft.Data.Sqlite.</summary>
/// <param name="sqlite">An open connection.</param>
internal sealed class SqliteCatalogConnection(SqliteConnection sqlite) : CatalogConnection
{
    // A safety limit above the program's number of statements.
    private const int MaxKept = 200;

    private static readonly string[] Names = [.. Enumerable.Range(0, 32).Select(index => $"${index}")];

    private Dictionary<string, SqliteCommand>? kept;
    private Action<CatalogConnection, string>? traced;

    /// <summary>The connection for features of SQLite.</summary>
    public SqliteConnection Sqlite => sqlite;

    /// <summary>Opens a database.</summary>
    /// <param name="connectionString">The connection string.</param>
    /// <param name="settings">Statements to run first.</param>
    /// <param name="trace">Called before every other statement.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptStore"/>, <see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public static SqliteCatalogConnection Open(string connectionString, string settings, Action<CatalogConnection, string>? trace = null)
    {
        var connection = new SqliteCatalogConnection(new SqliteConnection(connectionString));
        try
        {
            connection.Sqlite.Open();
            connection.Execute(settings);
            connection.traced = trace;
            return connection;
        }
        catch (Exception error) when (error is SqliteException or CatalogException)
        {
            connection.Dispose();
            throw (error as CatalogException ?? Database.Wrap((SqliteException)error)).Refusal;
        }
    }

    /// <summary>Opens a single file without a pool.</summary>
    public static SqliteCatalogConnection OpenFile(string path, string settings = "") =>
        Open(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString(), settings);

    /// <summary>
    /// Caches prepared statements, for a connection that stays open: preparing one with its triggers takes longer than running it.
    /// </summary>
    public SqliteCatalogConnection KeepStatements()
    {
        kept = new Dictionary<string, SqliteCommand>(StringComparer.Ordinal);
        return this;
    }

    public SqliteCatalogTransaction Begin(bool deferred = false) => new(Guarded(() => sqlite.BeginTransaction(deferred)));

    /// <remarks>SqliteCommand.ExecuteNonQuery ignores errors of statements after one with columns, such as ALTER TABLE.</remarks>
    public override int Execute(string sql, params ReadOnlySpan<object?> arguments)
    {
        using var statement = Prepare(sql, arguments);
        return Guarded(statement.Command, static command =>
        {
            using var reader = command.ExecuteReader();
            do
            {
                while (reader.Read())
                {
                }
            }
            while (reader.NextResult());
            return reader.RecordsAffected;
        });
    }

    public override void Discard(string sql, params ReadOnlySpan<object?> arguments)
    {
        using (PageDamage.Ignore())
        {
            Execute(sql, arguments);
        }
    }

    public override long Insert(string sql, params ReadOnlySpan<object?> arguments)
    {
        Execute(sql, arguments);
        return raw.sqlite3_last_insert_rowid(sqlite.Handle);
    }

    public override T Scalar<T>(string sql, params ReadOnlySpan<object?> arguments)
    {
        using var statement = Prepare(sql, arguments);
        return Guarded(statement.Command, static command => command.ExecuteScalar() is T value ? value : default!);
    }

    public override List<T> Query<T>(string sql, Func<CatalogRow, T> read, params ReadOnlySpan<object?> arguments)
    {
        using var statement = Prepare(sql, arguments);
        return Guarded(statement.Command, command =>
        {
            using var reader = command.ExecuteReader();
            var (row, rows) = (new Row(reader), new List<T>());
            while (reader.Read())
            {
                rows.Add(read(row));
            }

            return rows;
        });
    }

    public override T? Single<T>(string sql, Func<CatalogRow, T> read, params ReadOnlySpan<object?> arguments)
        where T : class
    {
        using var statement = Prepare(sql, arguments);
        return Guarded(statement.Command, command =>
        {
            using var reader = command.ExecuteReader();
            return reader.Read() ? read(new Row(reader)) : null;
        });
    }

    public override long Bytes => Scalar<long>("PRAGMA page_count") * Scalar<long>("PRAGMA page_size");

    public override long UnusedBytes => Scalar<long>("PRAGMA freelist_count") * Scalar<long>("PRAGMA page_size");

    public override void Touch() => Execute($"PRAGMA user_version = {Scalar<long>("PRAGMA user_version")}");

    public override long VersionOfOthers() => Scalar<long>("PRAGMA data_version");

    // Reads every page of the file; a cancellation interrupts it.
    public override IReadOnlyList<string> CheckStructure(int most, CancellationToken cancellationToken)
    {
        using var interrupting = cancellationToken.Register(() => raw.sqlite3_interrupt(sqlite.Handle));
        try
        {
            return [.. Query($"PRAGMA quick_check({most})", row => row.GetString(0)).Where(line => line != "ok")];
        }
        catch (CatalogException error) when (error.Fault == CatalogFault.Interrupted)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    public override IReadOnlyList<(string Table, long? Row, string Missing)> CheckReferences() =>
        Query("PRAGMA foreign_key_check", row => (row.GetString(0), row.OptionalLong(1), row.GetString(2)));

    public override void Dispose() => sqlite.Dispose();

    private static TResult Guarded<TResult>(Func<TResult> work) => Guarded(work, static work => work());

    internal static TResult Guarded<TInput, TResult>(TInput input, Func<TInput, TResult> work)
    {
        try
        {
            return work(input);
        }
        catch (SqliteException error)
        {
            throw Database.Wrap(error);
        }
    }

    private Statement Prepare(string sql, ReadOnlySpan<object?> arguments)
    {
        traced?.Invoke(this, sql);
        var command = sqlite.CreateCommand();
        if (kept is not null && kept.Remove(sql, out var prepared))
        {
            // It was prepared in another transaction.
            prepared.Transaction = command.Transaction;
            command.Dispose();
            command = prepared;
            command.Parameters.Clear();
        }
        else
        {
            command.CommandText = sql;
        }

        for (var index = 0; index < arguments.Length; index++)
        {
            command.Parameters.AddWithValue(index < Names.Length ? Names[index] : $"${index}", Value(arguments[index]));
        }

        return new Statement(command, kept);
    }

    private static object Value(object? argument) => argument switch
    {
        null => DBNull.Value,
        Digest digest => digest.ToArray(),
        DateTimeOffset time => time.ToUnixTimeMilliseconds(),
        _ => argument,
    };

    // One run of a command, which is then cached unless another run has cached one.
    private readonly struct Statement(SqliteCommand command, Dictionary<string, SqliteCommand>? kept) : IDisposable
    {
        public SqliteCommand Command => command;

        public void Dispose()
        {
            if (kept is null || kept.Count >= MaxKept || !kept.TryAdd(command.CommandText, command))
            {
                command.Dispose();
            }
        }
    }

    private sealed class Row(SqliteDataReader reader) : CatalogRow
    {
        public override int FieldCount => reader.FieldCount;

        public override bool IsDBNull(int column) => reader.IsDBNull(column);

        public override long GetInt64(int column) => reader.GetInt64(column);

        public override double GetDouble(int column) => reader.GetDouble(column);

        public override string GetString(int column) => reader.GetString(column);

        public override byte[] Bytes(int column) => reader.GetFieldValue<byte[]>(column);

        // Directly from SQLite's memory, because a page of a list has thousands of digests.
        public override Digest Digest(int column) => Tensors.Digest.From(raw.sqlite3_column_blob(reader.Handle, column));
    }
}
