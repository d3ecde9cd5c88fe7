using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Durability.Stores;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Durability.Suites;

/// <summary>Random operations on a store and on a model of it in memory: after each, all that can be seen is the same.</summary>
public static class ModelSuite
{
    private const int Reopens = 40;
    private const int Audits = 100;

    /// <summary>Does n operations.</summary>
    /// <param name="seed">Of the operations; every finding says it.</param>
    /// <param name="operations">How many.</param>
    /// <param name="folder">A folder for the store.</param>
    /// <param name="progress">How long it may go on.</param>
    public static async Task<SuiteResult> RunAsync(int seed, int operations, string folder, Progress progress)
    {
        var (result, model, random) = (new SuiteResult(), new StoreModel(), new Random(seed));
        var work = new ChildArguments(Path.Combine(folder, "data"), seed, 0, operations);
        var store = await SqliteCheckpointStore.OpenAsync(work.ToOptions());
        for (var number = 0; number < operations && result.Findings.Count == 0 && !progress.IsOver; number++)
        {
            var (operation, where) = (OperationDraw.Of(seed, number), $"seed {seed}, operation {number}");
            string? foreseen = null;
            var outcome = await new Performer(store, folder).PerformAsync(operation, plan => Task.FromResult(foreseen = plan));
            var expected = model.Apply(operation, outcome);
            result.Count("operations");
            result.Count($"operations: {operation.Kind}{(StoreModel.IsDone(outcome) ? "" : ", refused")}");
            if (outcome != expected || (foreseen is not null && foreseen != outcome))
            {
                result.Find($"{where}: {operation} ended with {outcome}, not {expected}, where {foreseen} was foreseen");
            }

            var (lines, there) = (model.Lines(), await StoreProbe.LinesAsync(store));
            result.Count("observations compared", lines.Count);
            if (!lines.SequenceEqual(there))
            {
                result.Find(
                    $"{where}: after {operation}: missing [{string.Join("; ", lines.Except(there))}], there instead "
                    + $"[{string.Join("; ", there.Except(lines))}]");
            }

            if (random.Next(Reopens) == 0)
            {
                await store.DisposeAsync();
                model.Keeps = random.Next(4) != 0;
                store = await SqliteCheckpointStore.OpenAsync((work with { Dense = random.Next(2) == 0, Grace = model.Keeps }).ToOptions());
                result.Count("reopened");
            }

            if (number % Audits == Audits - 1)
            {
                result.Find(await StoreAudit.RunAsync(store), where);
                progress.Report($"{number + 1} operations");
            }
        }

        result.Find(await StoreAudit.RunAsync(store), $"seed {seed}, at the end");
        await store.DisposeAsync();
        result.Find(await Recovery.CheckAsync(work, model, folder), $"seed {seed}, at the end");
        return result;
    }
}
