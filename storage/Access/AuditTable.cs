using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Access;

/// <summary>The rows of the audit log.</summary>
internal static class AuditTable
{
    // Old entries go a few at a time, so that no save waits for many: more than came since the last time, so that the log shrinks to its bounds.
    private const int Between = 64;
    private const int AtOnce = 512;

    /// <summary>Writes an entry, in the caller's transaction, and now and then lets the oldest go.</summary>
    public static void Append(SqliteConnection connection, AuditEntry entry, AuditOptions options)
    {
        var id = connection.Insert(
            "INSERT INTO audit (time, caller, key, address, operation, task, subject, outcome, bytes) VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8)",
            entry.Time, entry.Caller, entry.KeyId, entry.Address, entry.Operation, entry.Task, entry.Key, entry.Outcome, entry.Bytes);
        if (id % Between == 0)
        {
            Trim(connection, id - options.KeepEntries, entry.Time - options.KeepFor);
        }
    }

    public static Page<AuditEntry> List(SqliteConnection connection, PageRequest page, string? task, DateTimeOffset? since)
    {
        var rows = connection.Query(
            $"""
            SELECT id, time, caller, key, address, operation, task, subject, outcome, bytes FROM audit
            WHERE id < $0 AND time >= $1 {(task is null ? "" : "AND task = $3")} ORDER BY id DESC LIMIT $2
            """,
            Read, PageNumber.Of(page, long.MaxValue), since ?? DateTimeOffset.UnixEpoch, page.Limit + 1, task);
        var items = rows.Take(page.Limit).ToArray();
        return new Page<AuditEntry>(items, rows.Count > page.Limit ? $"{items[^1].Id}" : null);
    }

    // The oldest come first: numbers only grow.
    private static void Trim(SqliteConnection connection, long last, DateTimeOffset before) => connection.Execute(
        "DELETE FROM audit WHERE id IN (SELECT id FROM (SELECT id, time FROM audit ORDER BY id LIMIT $2) WHERE id <= $0 OR time < $1)", last, before, AtOnce);

    private static AuditEntry Read(SqliteDataReader row) => new(
        row.GetInt64(0), row.Time(1), row.GetString(2), row.OptionalText(3), row.OptionalText(4), row.GetString(5), row.OptionalText(6), row.GetString(7),
        row.GetString(8), row.OptionalLong(9));
}
