using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>Verifies the database: SQLite's own checks, references, running totals, and the rows of tasks and headers.</summary>
internal sealed class StructureCheck(ICatalogView view, TaskCatalog tasks, VerifyItem item)
{
    // SQLite's own default.
    private const int MaxProblems = 100;

    private readonly List<Finding> findings = [];

    public List<Finding> Run(CancellationToken cancellationToken)
    {
        Guarded("database", () => Pages(cancellationToken));
        Guarded("database: references", References);
        Guarded("database: totals", () => findings.AddRange(view.Totals.WrongTasks().Select(
            task => Found(
                $"database: totals of {task}", "CORRUPT_STORE: The task's running totals differ from the sums over its checkpoints.",
                []))));
        Guarded("database: tasks", Tasks);
        Guarded("database: headers", Headers);
        return findings;
    }

    private void Pages(CancellationToken cancellationToken) => findings.AddRange(
        view.CheckStructure(MaxProblems, cancellationToken)
            .Select(problem => Found($"database: {problem}", $"CORRUPT_STORE (fish.db): {problem}", [])));

    private void References()
    {
        foreach (var (table, row, missing) in view.CheckReferences())
        {
            findings.Add(Found(
                $"database: row {row} of {table}", $"CORRUPT_STORE: The row refers to a missing row of {missing}.",
                table == "checkpoints" && row is { } checkpoint ? view.Verification.AffectedByCheckpoint(checkpoint) : []));
        }
    }

    private void Tasks()
    {
        foreach (var (id, name, layout) in view.Tasks.Layouts())
        {
            try
            {
                _ = view.Tasks.Info(name);
                if (tasks.Context(view, name).Layout.Layout.Id != layout)
                {
                    findings.Add(
                        Found($"task {name}", "CORRUPT_STORE: The layout differs from that of the task's base and own tensors.",
                            view.Verification.AffectedByTask(id)));
                }
            }
            catch (Exception error) when (Problems.IsDamage(error))
            {
                findings.Add(Found($"task {name}", Problems.Of(error), view.Verification.AffectedByTask(id)));
            }
        }
    }

    private void Headers()
    {
        foreach (var id in view.Headers.Ids())
        {
            if (Digest.Of(view.Headers.Data(id)) != id)
            {
                findings.Add(
                    Found(
                        $"headers {id}", "CORRUPT_STORE: The digest of the headers is wrong.", view.Verification.AffectedByHeaders(id)));
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
