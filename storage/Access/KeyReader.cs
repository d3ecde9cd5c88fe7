using System.Security.Cryptography;
using FishCheckpoint.Access;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Tensors;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Access;

/// <summary>
/// Looks keys up, for every request anew: a key that another process has made or revoked counts at once, and one row by its index on a connection that is kept
/// costs less than keeping a copy true would.
/// </summary>
internal sealed class KeyReader(Func<SqliteConnection> open) : IDisposable
{
    // What an unknown id is compared with, so that it takes what a known one takes.
    private static readonly byte[] NoHash = new byte[Digest.Size];

    private readonly Lock gate = new();
    private SqliteConnection? connection;
    private SqliteCommand? find;
    private SqliteCommand? any;

    /// <summary>The key of a token.</summary>
    /// <returns><see langword="null"/> when the token is none, or no usable key's.</returns>
    public KeyInfo? Authenticate(string token, DateTimeOffset now)
    {
        var (formed, (key, hash)) = (KeyToken.TryParse(token, out var id, out var sent), Find(id));
        return CryptographicOperations.FixedTimeEquals(sent.ToArray(), hash) && formed && key is not null && key.IsUsable(now) ? key : null;
    }

    /// <summary>Whether a key was ever made.</summary>
    public bool HasAny()
    {
        lock (gate)
        {
            any ??= Command("SELECT EXISTS (SELECT 1 FROM keys)");
            return any.ExecuteScalar() is 1L;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            find?.Dispose();
            any?.Dispose();
            connection?.Dispose();
            (find, any, connection) = (null, null, null);
        }
    }

    private (KeyInfo? Key, byte[] Hash) Find(string id)
    {
        lock (gate)
        {
            if (find is null)
            {
                find = Command($"SELECT {KeyTable.Columns}, hash FROM keys WHERE id = $0");
                find.Parameters.Add("$0", SqliteType.Text);
            }

            find.Parameters[0].Value = id;
            using var reader = find.ExecuteReader();
            return reader.Read() ? (KeyTable.Read(reader), reader.Bytes(9)) : (null, NoHash);
        }
    }

    private SqliteCommand Command(string sql)
    {
        connection ??= open();
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Prepare();
        return command;
    }
}
