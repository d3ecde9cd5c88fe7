using System.Runtime.CompilerServices;
using FishCheckpoint.Tensors;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>
/// One run of a statement. A connection that stays open may keep its statements: preparing one, with the triggers that it sets off, takes longer than running it.
/// </summary>
internal readonly struct Statement : IDisposable
{
    // More than the program has; a limit all the same.
    private const int MostKept = 200;

    private static readonly ConditionalWeakTable<SqliteConnection, Dictionary<string, SqliteCommand>> Kept = [];

    private readonly Dictionary<string, SqliteCommand>? kept;

    private Statement(SqliteCommand command, Dictionary<string, SqliteCommand>? kept) => (Command, this.kept) = (command, kept);

    public SqliteCommand Command { get; }

    /// <summary>Lets a connection keep its statements. It is used by one thread at a time.</summary>
    public static void KeepOf(SqliteConnection connection) => Kept.Add(connection, new Dictionary<string, SqliteCommand>(StringComparer.Ordinal));

    public static Statement Of(SqliteConnection connection, string sql, ReadOnlySpan<object?> arguments)
    {
        var known = Kept.TryGetValue(connection, out var found) ? found : null;
        var command = connection.CreateCommand();
        if (known is not null && known.Remove(sql, out var prepared))
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
            command.Parameters.AddWithValue(NameOf(index), Value(arguments[index]));
        }

        return new Statement(command, known);
    }

    /// <summary>Keeps the command for the next time, if nobody else has meanwhile.</summary>
    public void Dispose()
    {
        if (kept is null || kept.Count >= MostKept || !kept.TryAdd(Command.CommandText, Command))
        {
            Command.Dispose();
        }
    }

    private static string NameOf(int index) => index < Names.Length ? Names[index] : $"${index}";

    private static readonly string[] Names = [.. Enumerable.Range(0, 32).Select(index => $"${index}")];

    private static object Value(object? argument) => argument switch
    {
        null => DBNull.Value,
        Digest digest => digest.ToArray(),
        DateTimeOffset time => time.ToUnixTimeMilliseconds(),
        _ => argument,
    };
}
