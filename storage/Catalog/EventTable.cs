using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>
/// The events of a task, from the audit log: entries are written in the transactions that they describe, and their ids only grow.
/// </summary>
internal sealed class EventTable(CatalogConnection connection) : IEventRows
{
    private const int AtOnce = 256;

    public long Newest() => connection.Scalar<long?>("SELECT max(id) FROM audit") ?? 0;

    public bool IsForgotten(long after) =>
        after < Newest()
            && (connection.Scalar<long?>("SELECT id FROM audit WHERE last IS NULL ORDER BY id LIMIT 1") ?? long.MaxValue) > after + 1;

    public (IReadOnlyList<TaskEvent> Events, long Place) After(string task, long after)
    {
        var newest = Newest();
        var rows = connection.Query(
            $"""
            SELECT a.id, a.operation, a.subject, a.time,
              (SELECT c.step FROM tags t JOIN checkpoints c ON c.id = t.checkpoint JOIN tasks k ON k.id = t.task WHERE k.name = a.task
                AND a.subject = k.name || '/' || t.name)
            FROM audit a WHERE a.task = $0 AND a.id > $1
              AND a.outcome IN ('{AuditTable.Created}', '{AuditTable.Changed}', '{AuditTable.Deleted}') ORDER BY a.id LIMIT {AtOnce}
            """,
            row => (Id: row.GetInt64(0), Event: Read(row, task)), task, after);
        return ([.. rows.Select(row => row.Event).OfType<TaskEvent>()], rows.Count == AtOnce ? rows[^1].Id : newest);
    }

    private static TaskEvent? Read(CatalogRow row, string task)
    {
        var (id, subject, time) = (row.GetInt64(0), row.GetString(2)[Math.Min(task.Length + 1, row.GetString(2).Length)..], row.Time(3));
        return row.GetString(1) switch
        {
            "checkpoint.save" or "checkpoint.undelete" => OfStep(TaskEventKind.Saved),
            "state.put" => OfStep(TaskEventKind.State),
            "checkpoint.pin" => OfStep(TaskEventKind.Pinned),
            "checkpoint.unpin" => OfStep(TaskEventKind.Unpinned),
            "checkpoint.fold" => OfStep(TaskEventKind.Folded),
            "checkpoint.delete" or "checkpoint.collect" => OfStep(TaskEventKind.Deleted),
            "tag.set" => new TaskEvent(id, TaskEventKind.Tagged, task, row.OptionalLong(4), subject, time),
            "tag.remove" => new TaskEvent(id, TaskEventKind.Untagged, task, null, subject, time),
            "task.put" => new TaskEvent(id, TaskEventKind.Changed, task, null, null, time),
            "task.delete" => new TaskEvent(id, TaskEventKind.Deleted, task, null, null, time),
            _ => null,
        };

        TaskEvent? OfStep(TaskEventKind kind) => long.TryParse(subject, NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            ? new TaskEvent(id, kind, task, step, null, time) : null;
    }
}
