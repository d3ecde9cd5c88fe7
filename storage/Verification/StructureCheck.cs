using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Tasks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Verification;

/// <summary>Checks the database as such: SQLite's own checks, what rows refer to, the running totals, and the rows of tasks and headers.</summary>
internal sealed class StructureCheck(CatalogConnection connection, TaskTable tasks, VerifyItem item)
{
    // As many as SQLite tells by itself.
    private const int MostProblems = 100;

    private readonly List<Finding> findings = [];

    public List<Finding> Run(CancellationToken cancellation)
    {
        Guarded("database", () => Pages(cancellation));
        Guarded("database: references", References);
        Guarded("database: totals", () => findings.AddRange(TotalsTable.WrongTasks(connection).Select(
            task => Found(
                $"database: totals of {task}", "CORRUPT_STORE: The task's running totals are not the sums of its checkpoints.", []))));
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
        foreach (var (id, name, layout) in TaskRows.Layouts(connection))
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
        foreach (var id in HeaderTable.Ids(connection))
        {
            if (Digest.Of(HeaderTable.Data(connection, id)) != id)
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
