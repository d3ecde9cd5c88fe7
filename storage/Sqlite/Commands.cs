using FishCheckpoint.Tensors;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>Short forms for SQL with positional parameters (<c>$0</c>, <c>$1</c>, …).</summary>
internal static class Commands
{
    public static int Execute(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> arguments)
    {
        using var command = Prepare(connection, sql, arguments);
        return command.ExecuteNonQuery();
    }

    public static long Insert(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> arguments)
    {
        connection.Execute(sql, arguments);
        return connection.Scalar<long>("SELECT last_insert_rowid()");
    }

    public static T Scalar<T>(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> arguments)
    {
        using var command = Prepare(connection, sql, arguments);
        return command.ExecuteScalar() is T value ? value : default!;
    }

    public static List<T> Query<T>(this SqliteConnection connection, string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> arguments)
    {
        using var command = Prepare(connection, sql, arguments);
        using var reader = command.ExecuteReader();
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
        using var command = Prepare(connection, sql, arguments);
        using var reader = command.ExecuteReader();
        return reader.Read() ? read(reader) : null;
    }

    public static byte[] Bytes(this SqliteDataReader reader, int column) => reader.GetFieldValue<byte[]>(column);

    public static Digest Digest(this SqliteDataReader reader, int column) => Tensors.Digest.From(reader.Bytes(column));

    public static Digest? OptionalDigest(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.Digest(column);

    public static long? OptionalLong(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    public static string? OptionalText(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public static DateTimeOffset Time(this SqliteDataReader reader, int column) => DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(column));

    private static SqliteCommand Prepare(SqliteConnection connection, string sql, ReadOnlySpan<object?> arguments)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var index = 0; index < arguments.Length; index++)
        {
            var value = arguments[index] switch
            {
                null => DBNull.Value,
                Digest digest => digest.ToArray(),
                DateTimeOffset time => time.ToUnixTimeMilliseconds(),
                var other => other,
            };
            command.Parameters.AddWithValue($"${index}", value);
        }

        return command;
    }
}
