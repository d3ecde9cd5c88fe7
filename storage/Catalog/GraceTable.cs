using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Deleted checkpoints and tasks, by the end of their grace.</summary>
internal sealed class GraceTable(CatalogConnection connection) : IGraceChanges
{
    private const string InTask =
        "expires > $0 AND (CAST($1 AS text) IS NULL OR task IN (SELECT id FROM tasks WHERE name = $1 OR former_name = $1))";

    // A checkpoint, or all that were deleted with its task.
    private const string WithTask = "expires > $0 AND (id = $1 OR ($3 = 1 AND task = $2 AND with_task = 1))";

    public List<long> Expired(DateTimeOffset now, bool all, string? task) => connection.Query(
        """
        SELECT c.id FROM checkpoints c WHERE c.expires IS NOT NULL AND (c.expires <= $0
          OR ($1 = 1 AND (CAST($2 AS text) IS NULL OR c.task IN (SELECT id FROM tasks WHERE name = $2 OR former_name = $2)))) ORDER BY c.id
        """,
        row => row.GetInt64(0), now, all ? 1 : 0, task);

    public (long Checkpoints, long Bytes) Count(DateTimeOffset now, string? task)
    {
        var (count, bytes) = connection.Single(
            $"SELECT count(*), coalesce(sum(brought_bytes + value_bytes + trainer_bytes), 0) FROM checkpoints WHERE {InTask}",
            row => Tuple.Create(row.GetInt64(0), row.GetInt64(1)), now, task)!;
        return (count, bytes);
    }

    public int EndTasks(DateTimeOffset now, string? task) =>
        connection.Execute("UPDATE tasks SET expires = $0 WHERE expires > $0 AND (CAST($1 AS text) IS NULL OR former_name = $1)", now,
            task);

    public void EndCheckpoints(DateTimeOffset now, string? task) =>
        connection.Execute($"UPDATE checkpoints SET expires = $0 WHERE {InTask}", now, task);

    public Tuple<long, long, bool>? First(DateTimeOffset now) => connection.Single(
        "SELECT id, task, with_task FROM checkpoints WHERE expires > $0 ORDER BY expires, id LIMIT 1",
        row => Tuple.Create(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2) != 0), now);

    public long End(DateTimeOffset now, long id, long task, bool withTask)
    {
        var bytes = connection.Scalar<long>(
            $"SELECT coalesce(sum(brought_bytes + value_bytes + trainer_bytes), 0) FROM checkpoints WHERE {WithTask}",
            now, id, task, withTask ? 1 : 0);
        connection.Execute($"UPDATE checkpoints SET expires = $0 WHERE {WithTask}", now, id, task, withTask ? 1 : 0);
        connection.Execute("UPDATE tasks SET expires = $0 WHERE id = $1 AND $2 = 1 AND expires > $0", now, task, withTask ? 1 : 0);
        return bytes;
    }

    public List<(long Id, long? TrainerFrame)> Over(DateTimeOffset now, int most) => connection.Query(
        "SELECT id, trainer_frame FROM checkpoints WHERE expires <= $0 ORDER BY expires LIMIT $1",
        row => (row.GetInt64(0), row.OptionalLong(1)), now, most);

    public List<long> TasksOver(DateTimeOffset now, int most) => connection.Query(
        """
        SELECT t.id FROM tasks t WHERE t.former_name IS NOT NULL AND t.expires <= $0
          AND NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.task = t.id AND c.expires IS NOT NULL) LIMIT $1
        """,
        row => row.GetInt64(0), now, most);

    public List<(long Id, long? TrainerFrame)> OfTask(long task) => connection.Query(
        "SELECT id, trainer_frame FROM checkpoints WHERE task = $0 AND expires IS NOT NULL",
        row => (row.GetInt64(0), row.OptionalLong(1)), task);

    public void MarkDeleted(long id, long positionBytes, DateTimeOffset now, DateTimeOffset expires, string? tags) =>
        connection.Execute(
            """
            UPDATE checkpoints SET deleted = 1, brought_bytes = $1, deleted_at = $2, expires = $3, former_tags = $4 WHERE id = $0
            """,
            id, positionBytes, now, expires, tags);

    public void Forget(long id) => connection.Execute(
        """
        UPDATE checkpoints
        SET trainer_frame = NULL, trainer_bytes = side_bytes, deleted_at = NULL, expires = NULL, former_tags = NULL, with_task = 0
        WHERE id = $0
        """,
        id);
}
