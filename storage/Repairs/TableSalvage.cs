using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Copies the readable rows of a table: from the front and from the back up to the damage, then within it by halving, so that a damaged
/// page costs only its own rows.
/// </summary>
internal sealed class TableSalvage(SqliteCatalogConnection source, SqliteCatalogConnection target, string table,
    IReadOnlyList<string> columns, bool hasRowId)
{
    // The most failed reads before the rest of a table is abandoned: halving a large damaged region would take forever.
    private const int MaxFailures = 20_000;

    private readonly string list = string.Join(", ", columns.Select(column => $"\"{column}\""));
    private int failures;

    /// <summary>The number of copied rows.</summary>
    public long Copied { get; private set; }

    /// <summary>Whether anything could not be read.</summary>
    public bool HasGaps => failures > 0;

    /// <summary>The first error.</summary>
    public string Problem { get; private set; } = "";

    public void Run()
    {
        if (hasRowId)
        {
            Range(1, long.MaxValue - 1);
        }
        else if (!TryRead($"SELECT {list} FROM \"{table}\"", 0, out _))
        {
            TryRead($"SELECT {list} FROM \"{table}\" ORDER BY {KeyBackwards()}", 0, out _);
        }
    }

    private void Range(long low, long high)
    {
        if (low > high || failures > MaxFailures)
        {
            return;
        }

        if (TryRead($"SELECT rowid, {list} FROM \"{table}\" WHERE rowid BETWEEN {low} AND {high} ORDER BY rowid", 1, out var last))
        {
            return;
        }

        low = last is { } front ? front + 1 : low;
        if (TryRead($"SELECT rowid, {list} FROM \"{table}\" WHERE rowid BETWEEN {low} AND {high} ORDER BY rowid DESC", 1, out var first))
        {
            return;
        }

        high = first is { } back ? back - 1 : Math.Min(high, low + MaxFailures);
        if (low < high)
        {
            var middle = low + ((high - low) / 2);
            Range(low, middle);
            Range(middle + 1, high);
        }
    }

    private bool TryRead(string sql, int skipped, out long? last)
    {
        last = null;
        try
        {
            using var select = source.Sqlite.CreateCommand();
            select.CommandText = sql;
            using var reader = select.ExecuteReader();
            using var insert = target.Sqlite.CreateCommand();
            insert.CommandText =
                $"INSERT OR IGNORE INTO \"{table}\" ({list}) VALUES ({string.Join(", ", columns.Select((_, index) => $"${index}"))})";
            var values = columns.Select((_, index) => insert.Parameters.Add(new SqliteParameter($"${index}", DBNull.Value))).ToArray();
            while (reader.Read())
            {
                for (var index = 0; index < values.Length; index++)
                {
                    values[index].Value = reader.GetValue(index + skipped);
                }

                last = skipped > 0 ? reader.GetInt64(0) : null;
                Insert(insert);
            }

            return true;
        }
        catch (SqliteException error) when (error.SqliteErrorCode != SQLitePCL.raw.SQLITE_FULL)
        {
            failures++;
            Problem = Problem.Length > 0 ? Problem : error.Message;
            return false;
        }
    }

    // SQLite's pages do not reveal every damage; a row that violates a constraint is damaged too.
    private void Insert(SqliteCommand insert)
    {
        try
        {
            Copied += insert.ExecuteNonQuery();
        }
        catch (SqliteException error) when (error.SqliteErrorCode is SQLitePCL.raw.SQLITE_CONSTRAINT or SQLitePCL.raw.SQLITE_MISMATCH)
        {
            failures++;
            Problem = Problem.Length > 0 ? Problem : error.Message;
        }
    }

    private string KeyBackwards() => string.Join(", ", target.Query(
        $"SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk", row => $"\"{row.GetString(0)}\" DESC"));
}
