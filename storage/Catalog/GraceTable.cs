namespace FishCheckpoint.Storage.Catalog;

/// <summary>The deleted checkpoints and tasks by the end of their grace.</summary>
internal static class GraceTable
{
    private const string InTask = "expires > $0 AND (CAST($1 AS text) IS NULL OR task IN (SELECT id FROM tasks WHERE name = $1 OR former_name = $1))";

    // A checkpoint, or all that were deleted with its task.
    private const string WithTask = "expires > $0 AND (id = $1 OR ($3 = 1 AND task = $2 AND with_task = 1))";

    /// <summary>The checkpoints whose grace is over or, where it is to be ended, goes on.</summary>
    /// <param name="connection">A snapshot.</param>
    /// <param name="now">The time.</param>
    /// <param name="all">Whether those of a task, or all, count whose grace goes on.</param>
    /// <param name="task">The task of these, by the name that it has or had; <see langword="null"/> for all.</param>
    public static List<long> Expired(CatalogConnection connection, DateTimeOffset now, bool all, string? task) => connection.Query(
        """
        SELECT c.id FROM checkpoints c WHERE c.expires IS NOT NULL AND (c.expires <= $0
          OR ($1 = 1 AND (CAST($2 AS text) IS NULL OR c.task IN (SELECT id FROM tasks WHERE name = $2 OR former_name = $2)))) ORDER BY c.id
        """,
        row => row.GetInt64(0), now, all ? 1 : 0, task);

    /// <summary>How many checkpoints of a task, or of all, are in their grace, and their bytes.</summary>
    public static (long Checkpoints, long Bytes) Count(CatalogConnection connection, DateTimeOffset now, string? task)
    {
        var (count, bytes) = connection.Single(
            $"SELECT count(*), coalesce(sum(brought_bytes + value_bytes + trainer_bytes), 0) FROM checkpoints WHERE {InTask}",
            row => Tuple.Create(row.GetInt64(0), row.GetInt64(1)), now, task)!;
        return (count, bytes);
    }

    /// <summary>Ends the grace of deleted tasks that had a name, or of all.</summary>
    /// <returns>How many there were.</returns>
    public static int EndTasks(CatalogConnection connection, DateTimeOffset now, string? task) =>
        connection.Execute("UPDATE tasks SET expires = $0 WHERE expires > $0 AND (CAST($1 AS text) IS NULL OR former_name = $1)", now, task);

    /// <summary>Ends the grace of the checkpoints of a task, or of all.</summary>
    public static void EndCheckpoints(CatalogConnection connection, DateTimeOffset now, string? task) =>
        connection.Execute($"UPDATE checkpoints SET expires = $0 WHERE {InTask}", now, task);

    /// <summary>The checkpoint whose grace ends first, its task, and whether it was deleted with that.</summary>
    public static Tuple<long, long, bool>? First(CatalogConnection connection, DateTimeOffset now) => connection.Single(
        "SELECT id, task, with_task FROM checkpoints WHERE expires > $0 ORDER BY expires, id LIMIT 1",
        row => Tuple.Create(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2) != 0), now);

    /// <summary>Ends the grace of a checkpoint, and of all that was deleted with its task.</summary>
    /// <returns>Bytes that these account for.</returns>
    public static long End(CatalogConnection connection, DateTimeOffset now, long id, long task, bool withTask)
    {
        var bytes = connection.Scalar<long>(
            $"SELECT coalesce(sum(brought_bytes + value_bytes + trainer_bytes), 0) FROM checkpoints WHERE {WithTask}",
            now, id, task, withTask ? 1 : 0);
        connection.Execute($"UPDATE checkpoints SET expires = $0 WHERE {WithTask}", now, id, task, withTask ? 1 : 0);
        connection.Execute("UPDATE tasks SET expires = $0 WHERE id = $1 AND $2 = 1 AND expires > $0", now, task, withTask ? 1 : 0);
        return bytes;
    }

    /// <summary>Some checkpoints whose grace is over, with the frames of their trainer states.</summary>
    public static List<(long Id, long? TrainerFrame)> Over(CatalogConnection connection, DateTimeOffset now, int most) => connection.Query(
        "SELECT id, trainer_frame FROM checkpoints WHERE expires <= $0 ORDER BY expires LIMIT $1",
        row => (row.GetInt64(0), row.OptionalLong(1)), now, most);

    /// <summary>Some deleted tasks whose grace is over, as that of their checkpoints is.</summary>
    public static List<long> TasksOver(CatalogConnection connection, DateTimeOffset now, int most) => connection.Query(
        """
        SELECT t.id FROM tasks t WHERE t.former_name IS NOT NULL AND t.expires <= $0
          AND NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.task = t.id AND c.expires IS NOT NULL) LIMIT $1
        """,
        row => row.GetInt64(0), now, most);

    /// <summary>The checkpoints of a task that can be brought back, with the frames of their trainer states.</summary>
    public static List<(long Id, long? TrainerFrame)> OfTask(CatalogConnection connection, long task) => connection.Query(
        "SELECT id, trainer_frame FROM checkpoints WHERE task = $0 AND expires IS NOT NULL",
        row => (row.GetInt64(0), row.OptionalLong(1)), task);

    /// <summary>Takes a checkpoint out of view.</summary>
    /// <param name="connection">A transaction.</param>
    /// <param name="id">The checkpoint.</param>
    /// <param name="brought">Bytes of its mask that it still accounts for.</param>
    /// <param name="now">The time.</param>
    /// <param name="expires">When its grace ends.</param>
    /// <param name="tags">The tags that it had, as JSON.</param>
    public static void Hide(
        CatalogConnection connection, long id, long brought, DateTimeOffset now, DateTimeOffset expires, string? tags) =>
        connection.Execute(
            """
            UPDATE checkpoints SET deleted = 1, brought_bytes = $1, deleted_at = $2, expires = $3, former_tags = $4 WHERE id = $0
            """,
            id, brought, now, expires, tags);

    /// <summary>Forgets what only bringing a deleted checkpoint back would need.</summary>
    public static void Forget(CatalogConnection connection, long id) => connection.Execute(
        """
        UPDATE checkpoints SET trainer_frame = NULL, trainer_bytes = side_bytes, deleted_at = NULL, expires = NULL, former_tags = NULL, with_task = 0
        WHERE id = $0
        """,
        id);
}
