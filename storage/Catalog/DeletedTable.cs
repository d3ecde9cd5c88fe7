using System.Globalization;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Lists and restores deleted checkpoints and tasks during their grace.</summary>
internal sealed partial class DeletedTable(CatalogConnection connection) : IDeletedChanges
{
    // The most metrics in one page: each checkpoint may have a mebibyte of them.
    private const long MaxPageText = 8 << 20;

    private const string Known = "(SELECT id FROM tasks WHERE name = $0 OR former_name = $0)";

    public Page<DeletedCheckpoint> Checkpoints(string task, PageRequest page, DateTimeOffset now)
    {
        if (connection.Scalar<long>($"SELECT EXISTS {Known}", Names.Check(task, "task")) == 0)
        {
            throw new FishException(ErrorCode.TaskNotFound, task, "There is no such task, deleted or not.",
                "List the tasks (fishckpt ls), or the deleted ones (fishckpt ls --deleted).");
        }

        var (where, after) = ($"c.task IN {Known} AND c.id > $1 AND c.expires > $2 ORDER BY c.id LIMIT $3", RowAfter(page));
        var texts = connection.Query($"SELECT octet_length(metrics) FROM checkpoints c WHERE {where}", row => row.GetInt64(0), task, after,
            now, page.Limit + 1);
        var (count, left) = (0, MaxPageText);
        while (count < Math.Min(texts.Count, page.Limit) && (left -= texts[count]) >= 0)
        {
            count++;
        }

        // One more row than the page shows that more follow.
        page = page with { Limit = Math.Max(1, count) };
        var rows = connection.Query(
            $"""
            SELECT c.id, c.step, c.state, c.logical_bytes, c.brought_bytes + c.value_bytes + c.trainer_bytes,
              c.trainer_bytes - c.side_bytes, c.metrics, c.former_tags, c.with_task, c.created, c.deleted_at, c.expires
            FROM checkpoints c WHERE {where}
            """,
            row => (Id: row.GetInt64(0), Item: new DeletedCheckpoint(
                task, row.GetInt64(1), row.Digest(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5),
                JsonSerializer.Deserialize<Dictionary<string, double>>(row.GetString(6), FishJson.Options)!, TagsOf(row.OptionalText(7)),
                row.GetInt64(8) != 0,
                row.Time(9), row.Time(10), row.Time(11))),
            task, after, now, page.Limit + 1);
        return PageOf(rows, page);
    }

    public Page<DeletedTask> Tasks(PageRequest page, DateTimeOffset now)
    {
        var rows = connection.Query(
            """
            SELECT t.id, coalesce(t.former_name, t.name), (SELECT min(n.name) FROM base_names n WHERE n.base = t.base),
              t.former_name IS NOT NULL, x.grace, x.grace_bytes,
              coalesce(t.deleted_at, (SELECT max(c.deleted_at) FROM checkpoints c WHERE c.task = t.id AND c.expires IS NOT NULL)),
              coalesce(t.expires, (SELECT max(c.expires) FROM checkpoints c WHERE c.task = t.id AND c.expires IS NOT NULL))
            FROM tasks t JOIN totals x ON x.base = t.base AND x.task = t.id
            WHERE t.id > $0 AND (t.expires > $1 OR (t.former_name IS NULL AND x.grace > 0)) ORDER BY t.id LIMIT $2
            """,
            row => (Id: row.GetInt64(0), Item: new DeletedTask(
                row.GetString(1), row.OptionalText(2) ?? "", row.GetBoolean(3), row.GetInt64(4), row.GetInt64(5), row.Time(6),
                row.Time(7))),
            RowAfter(page), now, page.Limit + 1);
        return PageOf(rows, page);
    }

    public (CheckpointRow Row, IReadOnlyList<string> TakenTags) Undelete(string task, long step, long? asStep, DateTimeOffset now)
    {
        if (connection.Scalar<long?>("SELECT id FROM tasks WHERE name = $0", task) is not { } id)
        {
            throw NoTask(task, now);
        }

        var found = connection.Scalar<long?>(
            "SELECT id FROM checkpoints WHERE task = $0 AND step = $1 AND expires > $2 ORDER BY deleted_at DESC, id DESC LIMIT 1", id, step,
            now)
            ?? throw new FishException(
                ErrorCode.CheckpointNotFound, $"{task}/{step}", "The task has no deleted checkpoint at this step, or its grace has ended.",
                "List the deleted checkpoints: fishckpt ls TASK --deleted, GET /v1/tasks/TASK/deleted.");
        var target = asStep ?? step;
        if (connection.Rows.Checkpoints.AtStep(id, target) is not null)
        {
            throw new FishException(
                ErrorCode.StepTaken, $"{task}/{target}", "The step already has a checkpoint.",
                "Restore the deleted one at another step (--as STEP, {\"as\":STEP}), or delete the present one first.");
        }

        return Show(found, target);
    }

    /// <summary>The tags of a deleted checkpoint.</summary>
    public static string[] TagsOf(string? json) => json is null ? [] : JsonSerializer.Deserialize<string[]>(json, FishJson.Options)!;

    public long UndeleteTask(string task, string name, DateTimeOffset now)
    {
        var id = connection.Scalar<long?>(
            "SELECT id FROM tasks WHERE former_name = $0 AND expires > $1 ORDER BY deleted_at DESC, id DESC LIMIT 1", task, now)
                ?? throw NoTask(task, now);
        if (connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM tasks WHERE name = $0)", name) > 0)
        {
            throw new FishException(
                ErrorCode.TaskTaken, name, "Another task has this name.",
                "Restore the deleted task under another name: --as NAME, {\"as\":\"NAME\"}.");
        }

        connection.Execute("UPDATE tasks SET name = $1, former_name = NULL, deleted_at = NULL, expires = NULL WHERE id = $0", id, name);
        ShowAll(id);
        return id;
    }

    private (CheckpointRow Row, IReadOnlyList<string> TakenTags) Show(long id, long step)
    {
        var row = connection.Rows.Checkpoints.Row(id)!;
        var tags = TagsOf(connection.Scalar<string?>("SELECT former_tags FROM checkpoints WHERE id = $0", id));
        var positionBytes = row.IsBlocks ? row.PositionBytes : connection.Rows.Masks.ClaimBytes(row.Mask, visible: true);
        connection.Execute(
            """
            UPDATE checkpoints SET deleted = 0, deleted_at = NULL, expires = NULL, former_tags = NULL, with_task = 0, step = $1,
              brought_bytes = $2 WHERE id = $0
            """,
            id, step, positionBytes);
        connection.Rows.SideFiles.ClaimBytes(id);
        var taken = tags.Where(tag =>
            connection.Execute("INSERT INTO tags (task, name, checkpoint) VALUES ($0, $1, $2) ON CONFLICT DO NOTHING", row.TaskId, tag,
                id) == 0).ToArray();
        return (connection.Rows.Checkpoints.Row(id)!, taken);
    }

    private FishException NoTask(string task, DateTimeOffset now) =>
        connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM tasks WHERE former_name = $0 AND expires > $1)", task, now) > 0
            ? new FishException(ErrorCode.TaskNotFound, task, "The task is deleted.",
                "Restore the task first: fishckpt undelete TASK, POST /v1/tasks/TASK/undelete.")
            : new FishException(
                ErrorCode.TaskNotFound, task, "There is no such task, or its grace has ended.",
                "List the deleted tasks: fishckpt ls --deleted.");

    private static long RowAfter(PageRequest page) => page.After is null ? 0
        : long.TryParse(page.After, NumberStyles.None, CultureInfo.InvariantCulture, out var row) ? row
        : throw new FishException(ErrorCode.RequestInvalid, "after", $"'{page.After}' is not the end of a page of this list.",
            "Pass 'after' from the previous page.");

    private static Page<T> PageOf<T>(List<(long Id, T Item)> rows, PageRequest page) => new(
        [.. rows.Take(page.Limit).Select(row => row.Item)],
        rows.Count > page.Limit ? rows[page.Limit - 1].Id.ToString(CultureInfo.InvariantCulture) : null);
}
