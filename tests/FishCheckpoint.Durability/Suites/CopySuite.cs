using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Durability.Stores;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Durability.Suites;

/// <summary>
/// Backups and restores that are killed, and that are refused by the disk, at each call that changes a file of the copy: what is there then
/// is what was there before or the whole copy, or is refused as unfinished; and the same command again makes the copy.
/// </summary>
/// <param name="library">What <see cref="Faults.FaultLibrary"/> has compiled.</param>
/// <param name="folder">A folder for the stores.</param>
public sealed class CopySuite(string library, string folder)
{
    private const string DiskRefusal = "refused STORAGE_UNAVAILABLE";

    private readonly SuiteResult result = new();

    private string To => Path.Combine(folder, "to");

    /// <summary>Kills and fails at every n-th call.</summary>
    public async Task<SuiteResult> RunAsync(int stride, Progress progress)
    {
        var (store, backup, before) = (Path.Combine(folder, "store"), Path.Combine(folder, "backup"), Path.Combine(folder, "before"));
        var old = await FillAsync(store, new StoreModel(), seed: 1, from: 0, to: 45);
        await new CopyChild(true, store, backup, 0, 0).DoAsync();
        StoreCopy.Make(backup, before);
        var made = await FillAsync(store, old, seed: 1, from: 45, to: 90);
        var other = Path.Combine(folder, "other");
        var another = await FillAsync(other, new StoreModel(), seed: 2, from: 0, to: 60);
        foreach (var (name, isBackup, template, was) in new[]
        {
            ("first backup", true, null, null), ("backup", true, before, old), ("restore", false, null, null),
                ("restore in a store's place", false, other, another),
        })
        {
            var from = isBackup ? store : backup;
            var copy = new CopyCase(name, new CopyChild(isBackup, from, To, 0, 0), template, was, isBackup ? made : old);
            await RunAsync(copy, stride, progress);
        }

        return result;
    }

    private async Task RunAsync(CopyCase copy, int stride, Progress progress)
    {
        var (calls, outcome) = await RunChildAsync(copy, copy.Child);
        result.Find(outcome == "done" ? [] : [$"ended with {outcome}"], copy.Name);
        await CheckAsync(copy, "done", copy.Name);
        for (var mode = 0; mode < CopyChild.Modes.Count; mode++)
        {
            for (var call = 1 + ((stride / 2) + mode) % stride; call <= calls && !progress.IsOver; call += stride)
            {
                var (_, ended) = await RunChildAsync(copy, copy.Child with { Mode = mode, Call = call });
                result.Count($"{copy.Name}: {CopyChild.Modes[mode].Name}");
                await CheckAsync(copy, ended, $"{copy.Name}, {CopyChild.Modes[mode].Name}, call {call} of {calls}");
            }

            progress.Report($"{copy.Name}, {CopyChild.Modes[mode].Name}: done");
        }
    }

    private async Task<StoreModel> FillAsync(string data, StoreModel before, int seed, int from, int to)
    {
        var (model, work) = (before.Clone(), new ChildArguments(data, seed, 0, 0));
        await using var store = await SqliteCheckpointStore.OpenAsync(work.ToOptions());
        for (var number = from; number < to; number++)
        {
            var operation = OperationDraw.Of(seed, number);
            model.Apply(operation, await new Performer(store, folder).PerformAsync(operation));
        }

        return model;
    }

    private async Task<(long Calls, string Outcome)> RunChildAsync(CopyCase copy, CopyChild child)
    {
        if (Directory.Exists(To))
        {
            Directory.Delete(To, recursive: true);
        }

        if (copy.Template is not null)
        {
            StoreCopy.Make(copy.Template, To);
        }

        using var process = Child.Start(
            child.ToList(), new Dictionary<string, string>(StringComparer.Ordinal) { ["LD_PRELOAD"] = library });
        var (calls, outcome) = (0L, "killed");
        while (await process.ReadLineAsync() is { } line)
        {
            (calls, outcome) = line.StartsWith("count ", StringComparison.Ordinal) ? (long.Parse(line.AsSpan(6)), outcome) : (calls, line);
        }

        await process.EndAsync();
        return (calls, outcome);
    }

    private async Task CheckAsync(CopyCase copy, string outcome, string where)
    {
        // What was done is there; what was killed or refused, at its very end perhaps, is or is not. Where two stores change places, nobody
        // may open the folder in between.
        var possible = new[] { copy.After, outcome == "done" ? null : copy.Before }.OfType<StoreModel>();
        var mayBeUnfinished = outcome != "done" && (copy.Before is null || !copy.Child.IsBackup);
        result.Find(outcome is "done" or "killed" or DiskRefusal ? [] : [outcome], where);
        var found = await LinesAsync();
        result.Count(
            $"{copy.Name}: {outcome.Split(' ')[0]}, then "
            + $"{(found is null ? "unfinished or not there" : found.SequenceEqual(copy.After.Lines()) ? "whole" : "as before")}");
        if (found is null ? !mayBeUnfinished : !possible.Any(model => found.SequenceEqual(model.Lines())))
        {
            result.Find($"{where}: after {outcome} there is {(found is null ? "nothing that can be opened" : string.Join("; ", found))}");
        }

        // The way on is the same command again.
        var again = await copy.Child.DoAsync();
        var whole = await LinesAsync();
        var leftovers = Directory.EnumerateFileSystemEntries(To).Select(path => Path.GetFileName(path))
            .Where(
                name => name.StartsWith('.') || name.EndsWith("arriving", StringComparison.Ordinal)
                || name.EndsWith(".tmp", StringComparison.Ordinal) || name == "incomplete");
        result.Find(
            again == "done" && whole?.SequenceEqual(copy.After.Lines()) == true ? []
            : [$"again: {again}, then {string.Join("; ", whole ?? [])}"], where);
        result.Find(leftovers.Select(name => $"left over: {name}"), where);
    }

    // All that can be seen, in a copy: opening a store changes its folder.
    private async Task<IReadOnlyList<string>?> LinesAsync()
    {
        var looked = Path.Combine(folder, "looked");
        if (!Directory.Exists(To))
        {
            return null;
        }

        StoreCopy.Make(To, looked);
        try
        {
            await using var store = await SqliteCheckpointStore.OpenAsync(
                new ChildArguments(looked, 0, 0, 0).ToOptions() with { MustExist = true });
            return await StoreProbe.LinesAsync(store);
        }
        catch (FishException error) when (error.Code is ErrorCode.StoreIncomplete or ErrorCode.StoreNotFound)
        {
            return null;
        }
        finally
        {
            Directory.Delete(looked, recursive: true);
        }
    }

    private sealed record CopyCase(string Name, CopyChild Child, string? Template, StoreModel? Before, StoreModel After);
}
