using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Durability.Stores;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Durability.Suites;

/// <summary>
/// Several processes with several threads each on one data folder: every read gives a step's bytes or says that it is not there, no write
/// fails for another's sake.
/// </summary>
public static class ConcurrencySuite
{
    // A step may be deleted by one while another reads it, or saves something against it.
    private const string Allowed = "CHECKPOINT_NOT_FOUND";

    // A step that one saves again is not free for what another brings back.
    private const string Taken = "STEP_TAKEN";

    public static async Task<SuiteResult> RunAsync(string folder, int processes, int threads, int operations, int seed)
    {
        var (result, data) = (new SuiteResult(), Path.Combine(folder, "data"));
        await using (var store = await SqliteCheckpointStore.OpenAsync(new ChildArguments(data, 0, 0, 0).ToOptions()))
        {
            foreach (var operation in OperationDraw.Beginning)
            {
                await new Performer(store, folder).PerformAsync(operation);
            }
        }

        await Task.WhenAll(
            Enumerable.Range(0, processes)
            .Select(process => RunChildAsync(new ConcurrentChild(data, seed + process, threads, operations), result)));
        await using (var store = await SqliteCheckpointStore.OpenAsync(new ChildArguments(data, 0, 0, 0).ToOptions()))
        {
            result.Find(await StoreAudit.RunAsync(store), $"seed {seed}, at the end");
            foreach (var task in (await store.Tasks.ListAsync(new PageRequest()).ReadPageAsync()).Items)
            {
                foreach (var step in (await store.Checkpoints.ListAsync(task.Name, new PageRequest()).ReadPageAsync()).Items)
                {
                    var same = (await store.RestoreAsync(task.Name, step.Step)).AsSpan()
                        .SequenceEqual(Contents.Of(ConcurrentChild.SaveOf(task.Name, step.Step)).ToBytes());
                    result.Find(same ? [] : [$"{task.Name}/{step.Step} has other bytes"], $"seed {seed}, at the end");
                }
            }
        }

        return result;
    }

    private static async Task RunChildAsync(ConcurrentChild work, SuiteResult result)
    {
        using var child = Child.Start(work.ToList());
        while (await child.ReadLineAsync() is { } line)
        {
            var words = line.Split(' ', 2);
            result.Count("operations");
            result.Count($"operations: {words[0]}{(words[1] == StoreModel.Done ? "" : $", {words[1].Split(' ')[0]}")}");
            if (!StoreModel.IsDone(words[1]) && words[1] != Allowed && line != $"{nameof(OperationKind.Undelete)} {Taken}")
            {
                result.Find($"seed {work.Seed}: {line}");
            }
        }

        var errors = await child.EndAsync();
        if (child.ExitCode != 0 || errors.Length > 0)
        {
            result.Find($"seed {work.Seed}: the process ended with {child.ExitCode}: {errors}");
        }
    }
}
