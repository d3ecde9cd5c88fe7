using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>The rows of the audit log.</summary>
internal sealed class AuditTable(CatalogConnection connection) : IAuditChanges
{
    // Outcomes of changes.
    public const string Created = "created";
    public const string Changed = "changed";
    public const string Deleted = "deleted";

    /// <summary>The most entries of one key's refusals per day before refusals of different tasks share an entry.</summary>
    public const int RefusalsADay = 100;

    // Old entries are deleted a few at a time, so that no save waits long, but faster than new ones arrive.
    private const int Between = 256;
    private const int AtOnce = 512;

    private const string Columns = "time, caller, key, address, operation, task, subject, outcome, bytes, times, last";

    public void Append(AuditEntry entry, AuditOptions options)
    {
        if (Insert(entry) % Between == 0)
        {
            TrimDone(options.KeepEntries, entry.Time - options.KeepFor);
        }
    }

    public void AppendRefusal(AuditEntry refusal, AuditOptions options)
    {
        if (Count(refusal))
        {
            return;
        }

        if (connection.Scalar<long>(
            "SELECT count(*) FROM audit WHERE last IS NOT NULL AND key IS NOT DISTINCT FROM $0 AND time >= $1", refusal.KeyId,
            DayOf(refusal)) >= RefusalsADay)
        {
            refusal = refusal with { Task = null, Address = null, Key = AuditEntry.Several };
            if (Count(refusal))
            {
                return;
            }
        }

        Insert(refusal);
        TrimRefusals(options.KeepRefusals, refusal.Time - options.KeepFor);
    }

    public Page<AuditEntry> List(PageRequest page, string? task, DateTimeOffset? since)
    {
        var rows = connection.Query(
            $"""
            SELECT id, {Columns} FROM audit
            WHERE id < $0 AND coalesce(last, time) >= $1 {(task is null ? "" : "AND task = $3")} ORDER BY id DESC LIMIT $2
            """,
            Read, PageNumber.Of(page, long.MaxValue), since ?? DateTimeOffset.UnixEpoch, page.Limit + 1, task);
        var items = rows.Take(page.Limit).ToArray();
        return new Page<AuditEntry>(items, rows.Count > page.Limit ? $"{items[^1].Id}" : null);
    }

    private long Insert(AuditEntry entry) => connection.Insert(
        $"INSERT INTO audit ({Columns}) VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        entry.Time, entry.Caller, entry.KeyId, entry.Address, entry.Operation, entry.Task, entry.Key, entry.Outcome, entry.Bytes,
        entry.Times, entry.Last);

    private bool Count(AuditEntry refusal) => connection.Execute(
        """
        UPDATE audit SET times = times + $0, last = CASE WHEN last > $1 THEN last ELSE $1 END WHERE id = (SELECT max(id) FROM audit
          WHERE last IS NOT NULL AND key IS NOT DISTINCT FROM $2 AND time >= $3 AND operation = $4 AND outcome = $5
            AND task IS NOT DISTINCT FROM $6 AND address IS NOT DISTINCT FROM $7)
        """,
        refusal.Times, refusal.Last, refusal.KeyId, DayOf(refusal), refusal.Operation, refusal.Outcome, refusal.Task, refusal.Address) > 0;

    private static DateTimeOffset DayOf(AuditEntry refusal) => new(refusal.Time.UtcDateTime.Date, TimeSpan.Zero);

    // Ids only grow, so the oldest come first. Refusals take some ids, so entries of changes are counted.
    private void TrimDone(long keep, DateTimeOffset before)
    {
        var last = connection.Scalar<long?>("SELECT id FROM audit WHERE last IS NULL ORDER BY id DESC LIMIT 1 OFFSET $0", keep) ?? 0;
        connection.Execute(
            """
            DELETE FROM audit WHERE id IN (
              SELECT id FROM (SELECT id, time FROM audit WHERE last IS NULL ORDER BY id LIMIT $2) oldest WHERE id <= $0 OR time < $1)
            """,
            last, before, AtOnce);
    }

    private void TrimRefusals(long keep, DateTimeOffset before)
    {
        var over = connection.Scalar<long>("SELECT count(*) FROM audit WHERE last IS NOT NULL") - keep;
        connection.Execute("DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE last IS NOT NULL ORDER BY id LIMIT $0)",
            Math.Max(over, 0));
        connection.Execute("DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE last < $0 ORDER BY id LIMIT 16)", before);
    }

    private static AuditEntry Read(CatalogRow row) => new(
        row.GetInt64(0), row.Time(1), row.GetString(2), row.OptionalText(3), row.OptionalText(4), row.GetString(5), row.OptionalText(6),
        row.GetString(7),
        row.GetString(8), row.OptionalLong(9), row.GetInt64(10), row.OptionalTime(11));
}
