using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Copies the rows of a table that can be read: from the front and from the back up to what cannot, and then within that by halves, so that
/// a damaged page takes no more rows than its own.
/// </summary>
internal sealed class TableSalvage(SqliteCatalogConnection source, SqliteCatalogConnection target, string table,
    IReadOnlyList<string> columns, bool hasRowId)
{
    // Reads that fail, before the rest of a table is given up: where whole regions are gone, halves of them would be tried for ever.
    private const int MaxFailures = 20_000;

    private readonly string list = string.Join(", ", columns.Select(column => $"\"{column}\""));
    private int failures;

    /// <summary>Rows that were copied.</summary>
    public long Copied { get; private set; }

    /// <summary>Whether something could not be read.</summary>
    public bool HasGaps => failures > 0;

    /// <summary>Why, the first time.</summary>
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

    // A row that no table of this kind can hold was damaged in a way that SQLite's pages do not tell.
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
