using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Storage.Catalog;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Corrects rows of tasks from related tasks, since a task and its branches have the same base and own tensors. Keeps the checkpoints that
/// branches depend on if their task is lost. Foreign keys are checked at the end.
/// </summary>
internal static class TaskRebuild
{
    // Tasks that share a branch point or a parent with the task of row $0, in either direction.
    private const string Related =
        """
        SELECT o.task FROM tasks t JOIN checkpoints o ON o.id = t.origin WHERE t.id = $0
        UNION SELECT t.id FROM tasks t JOIN checkpoints o ON o.id = t.origin WHERE o.task = $0
        UNION SELECT p.task FROM checkpoints c JOIN checkpoints p ON p.id = c.parent WHERE c.task = $0
        UNION SELECT c.task FROM checkpoints c JOIN checkpoints p ON p.id = c.parent WHERE p.task = $0
        """;

    public static void Run(CatalogConnection connection, RepairLog log)
    {
        foreach (var (id, name) in connection.Query("SELECT id, name FROM tasks ORDER BY id", row => (row.GetInt64(0), row.GetString(1))))
        {
            ForgetText<Dictionary<string, string>>(connection, log, id, name, "metadata", "{}");
            ForgetText<Retention>(connection, log, id, name, "retention", null);
            TakeLayout(connection, log, id, name);
        }

        Name(connection, log);
        foreach (var lost in connection.Query("SELECT DISTINCT task FROM checkpoints WHERE task NOT IN (SELECT id FROM tasks)", row =>
            row.GetInt64(0)))
        {
            MoveToDependents(connection, log, lost);
        }
    }

    /// <summary>Keeps a task whose branch point is lost: checkpoints that do not depend on it are unaffected.</summary>
    public static void DropBranchPoint(CatalogConnection connection, RepairLog log, long task)
    {
        var (name, branchPoint) = connection.Single(
            "SELECT name, origin_task || ':' || origin_step FROM tasks WHERE id = $0", row =>
                Tuple.Create(row.GetString(0), row.OptionalText(1)), task)!;
        connection.Execute("UPDATE tasks SET origin = NULL WHERE id = $0", task);
        log.Drop(
            $"branch point of task {name}",
            $"CORRUPT_STORE: The checkpoint {branchPoint} is lost. The task is kept; its next save must name its parent.", [], []);
    }

    /// <summary>Drops a task with its checkpoints and all that depend on them.</summary>
    public static void Drop(CatalogConnection connection, RepairLog log, long task, string problem)
    {
        var name = connection.Scalar<string?>("SELECT name FROM tasks WHERE id = $0", task);
        Dropping.Run(connection, log, $"task {name}", problem, "SELECT id FROM checkpoints WHERE task = $0", task);
        connection.Execute("DELETE FROM tasks WHERE id = $0", task);
    }

    // Text that nothing else depends on.
    private static void ForgetText<T>(CatalogConnection connection, RepairLog log, long id, string name, string column, string? substitute)
    {
        try
        {
            _ = connection.Scalar<string?>($"SELECT {column} FROM tasks WHERE id = $0", id) is { } json
                ? JsonSerializer.Deserialize<T>(json, FishJson.Options) : default;
        }
        catch (Exception error) when (Problems.IsDamage(error))
        {
            connection.Execute($"UPDATE tasks SET {column} = $1 WHERE id = $0", id, substitute);
            log.Drop($"{column} of task {name}", $"{Problems.Of(error)} The task itself is kept.", [], []);
        }
    }

    private static void TakeLayout(CatalogConnection connection, RepairLog log, long id, string name)
    {
        if (IsSound(connection, name))
        {
            return;
        }

        foreach (var (relative, other) in connection.Query($"SELECT id, name FROM tasks WHERE id <> $0 AND id IN ({Related})", row =>
            (row.GetInt64(0), row.GetString(1)), id))
        {
            if (IsSound(connection, other))
            {
                connection.Execute(
                    "UPDATE tasks SET (base, layout, tensors) = (SELECT base, layout, tensors FROM tasks WHERE id = $1) WHERE id = $0", id,
                    relative);
                log.Rebuilt.Add($"The base and the own tensors of task {name} were taken from {other}.");
                return;
            }
        }
    }

    private static bool IsSound(CatalogConnection connection, string name)
    {
        try
        {
            return new TaskCatalog().Context(connection.Rows, name).Layout.Layout.Id == connection.Single(
                "SELECT layout FROM tasks WHERE name = $0", row => Tuple.Create(row.Digest(0)), name)!.Item1;
        }
        catch (Exception error) when (Problems.IsDamage(error))
        {
            return false;
        }
    }

    // A branch has the name of its parent task, unless that was deleted and its checkpoint moved to another task.
    private static void Name(CatalogConnection connection, RepairLog log)
    {
        foreach (var (id, name, branch) in connection.Query(
            """
            SELECT o.task, b.origin_task, min(b.name) FROM tasks b JOIN checkpoints o ON o.id = b.origin
            WHERE o.deleted = 0 AND o.step = b.origin_step AND o.task NOT IN (SELECT id FROM tasks)
              AND b.origin_task NOT IN (SELECT name FROM tasks)
            GROUP BY o.task HAVING count(DISTINCT b.origin_task) = 1
            """,
            row => (row.GetInt64(0), row.GetString(1), row.GetString(2))))
        {
            // If the lost task was a branch too, the parent of its first checkpoints shows roughly where it started. That is enough not to
            // mistake another parent for the base.
            connection.Execute(
                """
                INSERT INTO tasks (id, name, base, layout, metadata, tensors, created, origin_task, origin_step)
                SELECT $0, $1, base, layout, '{}', tensors, (SELECT min(created) FROM checkpoints WHERE task = $0),
                  (SELECT t.name FROM checkpoints c JOIN checkpoints p ON p.id = c.parent JOIN tasks t ON t.id = p.task
                    WHERE c.task = $0 AND p.task <> $0 ORDER BY c.step LIMIT 1),
                  (SELECT p.step FROM checkpoints c JOIN checkpoints p ON p.id = c.parent JOIN tasks t ON t.id = p.task
                    WHERE c.task = $0 AND p.task <> $0 ORDER BY c.step LIMIT 1)
                FROM tasks WHERE name = $2
                """,
                id, name, branch);
            log.Rebuilt.Add(
                $"The row of task {name} was rebuilt from its branch {branch}; its description, metadata, retention and quota are lost.");
        }
    }

    // Like a deletion of the task: checkpoints that other tasks depend on move to these.
    private static void MoveToDependents(CatalogConnection connection, RepairLog log, long lost)
    {
        var moved = new List<string>();
        while (connection.Query(
            """
            SELECT id, step, deleted, heir FROM (
              SELECT c.id, c.step, c.deleted, coalesce(
                (SELECT child.task FROM checkpoints child WHERE child.parent = c.id AND child.task IN (SELECT id FROM tasks) LIMIT 1),
                (SELECT child.task FROM checkpoints child WHERE child.reference = c.id AND child.task IN (SELECT id FROM tasks) LIMIT 1),
                (SELECT t.id FROM tasks t WHERE t.origin = c.id LIMIT 1)) AS heir
              FROM checkpoints c WHERE c.task = $0)
            WHERE heir IS NOT NULL
            """,
            row => (Id: row.GetInt64(0), Step: row.GetInt64(1), IsTombstone: row.GetInt64(2) != 0, Heir: row.GetInt64(3)),
            lost) is { Count: > 0 } some)
        {
            foreach (var (id, step, isTombstone, heir) in some)
            {
                connection.Execute(
                    """
                    UPDATE checkpoints SET task = $1, deleted = 1, trainer_frame = NULL, trainer_bytes = 0, deleted_at = NULL,
                      expires = NULL, former_tags = NULL, with_task = 0, side_set = NULL, side_bytes = 0
                    WHERE id = $0
                    """,
                    id, heir);
                connection.Execute("DELETE FROM tags WHERE checkpoint = $0", id);
                moved.AddRange(isTombstone ? [] : [$"task {lost}/{step}"]);
            }
        }

        if (moved.Count > 0)
        {
            log.Drop($"task row {lost}",
                "CORRUPT_STORE: The task is lost. These of its checkpoints are kept only because others depend on them.", moved, []);
        }
    }
}
