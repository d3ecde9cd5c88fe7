using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Tasks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Verification;

/// <summary>Checks the database as such: SQLite's own checks, what rows refer to, the running totals, and the rows of tasks and headers.</summary>
internal sealed class StructureCheck(CatalogConnection connection, TaskTable tasks, VerifyItem item)
{
    private const string Totals =
        """
        SELECT coalesce(t.former_name, t.name) FROM tasks t LEFT JOIN totals x ON x.base = t.base AND x.task = t.id
        WHERE (x.checkpoints, x.logical_bytes, x.changed, x.position_bytes, x.value_bytes, x.state_bytes) IS NOT (
          SELECT count(*), coalesce(sum(c.logical_bytes), 0), coalesce(sum(c.changed), 0), coalesce(sum(c.brought_bytes), 0), coalesce(sum(c.value_bytes), 0),
            coalesce(sum(c.trainer_bytes), 0) FROM checkpoints c WHERE c.task = t.id AND c.deleted = 0)
          OR (x.grace, x.grace_bytes) IS NOT (SELECT count(*), coalesce(sum(c.brought_bytes + c.value_bytes + c.trainer_bytes), 0)
            FROM checkpoints c WHERE c.task = t.id AND c.expires IS NOT NULL)
        """;

    // As many as SQLite tells by itself.
    private const int MostProblems = 100;

    private readonly List<Finding> findings = [];

    public List<Finding> Run(CancellationToken cancellation)
    {
        Guarded("database", () => Pages(cancellation));
        Guarded("database: references", References);
        Guarded("database: totals", () => findings.AddRange(connection.Query(
            Totals, row => Found($"database: totals of {row.GetString(0)}", "CORRUPT_STORE: The task's running totals are not the sums of its checkpoints.", []))));
        Guarded("database: tasks", Tasks);
        Guarded("database: headers", Headers);
        return findings;
    }

    private void Pages(CancellationToken cancellation) => findings.AddRange(
        connection.CheckStructure(MostProblems, cancellation).Select(problem => Found($"database: {problem}", $"CORRUPT_STORE (fish.db): {problem}", [])));

    private void References()
    {
        foreach (var (table, row, missing) in connection.CheckReferences())
        {
            findings.Add(Found(
                $"database: row {row} of {table}", $"CORRUPT_STORE: It refers to a row of {missing} that is missing.",
                table == "checkpoints" && row is { } checkpoint ? Affected.ByCheckpoint(connection, checkpoint) : []));
        }
    }

    private void Tasks()
    {
        foreach (var (id, name, layout) in connection.Query("SELECT id, name, layout FROM tasks", row => (row.GetInt64(0), row.GetString(1), row.Digest(2))))
        {
            try
            {
                _ = TaskTable.Info(connection, name);
                if (tasks.Context(connection, name).Layout.Layout.Id != layout)
                {
                    findings.Add(Found($"task {name}", "CORRUPT_STORE: Its layout is not the one that its base and own tensors give.", Affected.ByTask(connection, id)));
                }
            }
            catch (Exception error) when (Problems.IsDamage(error))
            {
                findings.Add(Found($"task {name}", Problems.Of(error), Affected.ByTask(connection, id)));
            }
        }
    }

    private void Headers()
    {
        foreach (var id in connection.Query("SELECT id FROM headers", row => row.Digest(0)))
        {
            var data = connection.Scalar<byte[]>("SELECT data FROM headers WHERE id = $0", id);
            if (Digest.Of(data) != id)
            {
                findings.Add(Found($"headers {id}", "CORRUPT_STORE: The headers do not have their digest.", Affected.ByHeaders(connection, id)));
            }
        }
    }

    private void Guarded(string key, Action check)
    {
        try
        {
            check();
        }
        catch (Exception error) when (Problems.IsDamage(error))
        {
            findings.Add(Found(key, Problems.Of(error), []));
        }
    }

    private Finding Found(string key, string problem, IReadOnlyList<AffectedCheckpoint> affected) => new(item.Name, key, problem, affected);
}
