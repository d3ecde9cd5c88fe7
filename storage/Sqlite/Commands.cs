using FishCheckpoint.Tensors;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>Short forms for SQL with positional parameters (<c>$0</c>, <c>$1</c>, …).</summary>
internal static class Commands
{
    /// <summary>Runs all statements to their end.</summary>
    /// <remarks>SqliteCommand.ExecuteNonQuery drops errors of the statements that follow one with columns, as ALTER TABLE is.</remarks>
    public static int Execute(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> arguments)
    {
        using var statement = Statement.Of(connection, sql, arguments);
        using var reader = statement.Command.ExecuteReader();
        do
        {
            while (reader.Read())
            {
            }
        }
        while (reader.NextResult());
        return reader.RecordsAffected;
    }

    public static long Insert(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> arguments)
    {
        connection.Execute(sql, arguments);
        return connection.Scalar<long>("SELECT last_insert_rowid()");
    }

    public static T Scalar<T>(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> arguments)
    {
        using var statement = Statement.Of(connection, sql, arguments);
        return statement.Command.ExecuteScalar() is T value ? value : default!;
    }

    public static List<T> Query<T>(this SqliteConnection connection, string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> arguments)
    {
        using var statement = Statement.Of(connection, sql, arguments);
        using var reader = statement.Command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public static T? Single<T>(this SqliteConnection connection, string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> arguments)
        where T : class
    {
        using var statement = Statement.Of(connection, sql, arguments);
        using var reader = statement.Command.ExecuteReader();
        return reader.Read() ? read(reader) : null;
    }

    public static byte[] Bytes(this SqliteDataReader reader, int column) => reader.GetFieldValue<byte[]>(column);

    // Straight from SQLite's memory: a page of a list has thousands of digests.
    public static Digest Digest(this SqliteDataReader reader, int column) => Tensors.Digest.From(raw.sqlite3_column_blob(reader.Handle, column));

    public static Digest? OptionalDigest(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.Digest(column);

    public static long? OptionalLong(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    public static string? OptionalText(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public static DateTimeOffset? OptionalTime(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.Time(column);

    public static DateTimeOffset Time(this SqliteDataReader reader, int column) => DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(column));
}
