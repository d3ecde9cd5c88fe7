using System.Collections.Concurrent;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Durability.Power;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Durability.Suites;

/// <summary>
/// The power is lost at any moment: what was synced is there, and any part of the rest. Whatever that leaves, the store opens, holds what
/// was acknowledged, and serves nothing else. A folder that a restore or a repair makes is whole, or refused as unfinished.
/// </summary>
/// <param name="library">What <see cref="Faults.FaultLibrary"/> has compiled.</param>
/// <param name="records">The folder of the records: those that are there are used again.</param>
/// <param name="seed">The seed of operations and of states.</param>
/// <param name="weakness">What the disk leaves undone.</param>
/// <param name="keepsRecords">Whether records are kept of which nothing was found.</param>
public sealed class PowerSuite(
    string library, string records, int seed, Weakness weakness = Weakness.None, bool keepsRecords = false)
{
    // As many as the machines have on which this is run by the way.
    private const int Workers = 2;
    private const int MaxFindings = 20;

    // After this many, the suite records again, with other operations.
    private const int StatesOfRound = 6000;

    private readonly SuiteResult result = new();
    private readonly ConcurrentDictionary<(string Folder, UInt128 Image), PowerLook> known = new();
    private readonly PowerProbe probe = new();

    /// <summary>Looks at n states, or at one again.</summary>
    /// <param name="states">How many.</param>
    /// <param name="progress">How long it may go on.</param>
    /// <param name="only">The number of the one state; <see langword="null"/>: all.</param>
    /// <param name="name">The name of the one work whose states are looked at; empty: all.</param>
    public async Task<SuiteResult> RunAsync(int states, Progress progress, int? only = null, string name = "")
    {
        var (first, last) = only is { } one ? (one, one) : (0, states - 1);
        for (var round = first / StatesOfRound; round <= last / StatesOfRound; round++)
        {
            var numbers = Enumerable.Range(first, last - first + 1).Where(number => number / StatesOfRound == round).ToArray();
            for (var work = 0; work < PowerWork.All.Count; work++)
            {
                var own = numbers.Where(number => number % PowerWork.All.Count == work).ToArray();
                var isAsked = own.Length > 0 && (name.Length == 0 || name == PowerWork.All[work].Name);
                if (isAsked && !progress.IsOver && result.Findings.Count < MaxFindings)
                {
                    await RunAsync(new PowerRecord(records, work, seed + round), PowerWork.All[work], own, progress);
                }
            }

            progress.Report($"{result["states"]} states");
            if (!keepsRecords && result.Findings.Count == 0)
            {
                Directory.Delete(records, recursive: true);
            }
        }

        result.Count("different stores", probe.Count);
        return result;
    }

    private async Task RunAsync(PowerRecord record, PowerWork work, int[] numbers, Progress progress)
    {
        await record.OpenAsync(library);
        result.Count("records");
        result.Count("recorded calls", record.Events.Length);
        var plans = numbers.Select(number => PowerState.Draw(seed, number, record.Events)).OrderBy(plan => plan.Calls).ToArray();
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(
            () => RunAsync(record, work.Name, [.. plans.Where((_, index) => index % Workers == worker)], progress))));
        known.Clear();
    }

    private async Task RunAsync(PowerRecord record, string work, PowerState[] plans, Progress progress)
    {
        var root = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"fish-power-{Guid.NewGuid():N}");
        try
        {
            var (disk, done, marks) = (record.NewDisk(weakness), 0, 0);
            foreach (var plan in plans)
            {
                for (; done < plan.Calls; done++)
                {
                    disk.Do(record.Events[done]);
                    marks += record.Events[done].Kind == DiskEventKind.Mark ? 1 : 0;
                }

                if (progress.IsOver || result.Findings.Count >= MaxFindings)
                {
                    return;
                }

                await CheckAsync(record, work, plan, DiskImage.Of(disk, plan.ToDraw()), marks, root);
            }
        }
        finally
        {
            Remove(root);
        }
    }

    private async Task CheckAsync(
        PowerRecord record, string work, PowerState plan, Dictionary<string, DiskImage> disk, int marks, string root)
    {
        if (record.Copy is { } copy)
        {
            await CheckCopyAsync(record, copy, work, plan, disk, marks, root);
            return;
        }

        var (oracle, doing) = (record.Oracle, record.Oracle.DoingAt(marks));
        var store = await LookAsync(PowerChild.Data, disk, root, plan, false, lines => oracle.Match(marks, lines).Found);
        var backup = disk.ContainsKey(PowerChild.Backup)
            ? await LookAsync(PowerChild.Backup, disk, root, plan, true, lines => oracle.MatchBackup(marks, lines).Found) : null;
        string[] wrong =
        [
            .. store.Refusal is { } refusal ? [$"the store cannot be opened: {refusal}"]
                : oracle.Match(marks, store.Lines).Wrong.Concat(store.Wrong),
            .. CheckBackup(oracle, marks, backup),
        ];
        Conclude(record, work, plan, doing, wrong);
    }

    private void Conclude(PowerRecord record, string work, PowerState plan, string doing, IReadOnlyList<string> wrong)
    {
        result.Count("states");
        result.Count($"states while {doing}");
        result.Find(
            wrong.Take(3), $"power --seed {seed} --state {plan.Number} ({work}, {doing}, after call {plan.Calls}: "
                + $"{record.Events[Math.Max(0, plan.Calls - 1)]}; {plan.ToDraw()})");
    }

    // Until it is acknowledged, the folder is as before, or says that it is unfinished; then the same command again makes it whole.
    private async Task CheckCopyAsync(
        PowerRecord record, PowerCopy copy, string work, PowerState plan, Dictionary<string, DiskImage> disk, int marks, string root)
    {
        var look = await LookAsync(copy.Target, disk, root, plan, true, copy.Find, async (folder, found) =>
        {
            if (copy.Find(found.Lines) == copy.After && found.Refusal is null)
            {
                return found;
            }

            var isMarked = found.Refusal?.StartsWith("STORE_INCOMPLETE", StringComparison.Ordinal) == true;
            var isThere = File.Exists(Path.Combine(folder, "fish.db")) || Directory.Exists(Path.Combine(folder, "bases"));
            List<string> wrong = [.. found.Wrong];
            if (found.Refusal is { } refusal && !isMarked && isThere)
            {
                wrong.Add($"the folder is not known to be unfinished: {refusal}");
            }

            disk[copy.Source].Write(Path.Combine(root, copy.Source));
            return found with { Wrong = [.. wrong, .. await GoOnAsync(copy, root)] };
        });
        var model = look.Refusal is null ? copy.Find(look.Lines) : null;
        var state = look.Refusal?.Split(' ')[0] ?? (model is null ? "another store" : model == copy.After ? "whole" : "as before");
        result.Count($"{work}: {state}");
        var (doing, wrong) = (record.Oracle.DoingAt(marks), new List<string>(look.Wrong));
        if (state == "another store")
        {
            wrong.Add($"there is [{string.Join("; ", look.Lines)}]");
        }

        if (doing == PowerCopy.Done && state != "whole")
        {
            wrong.Add($"it was acknowledged, and is: {state}");
        }

        if (copy.Before is not null && state == "STORE_NOT_FOUND")
        {
            wrong.Add("the store that was there is gone");
        }

        Conclude(record, work, plan, doing, wrong);
    }

    private async Task<IReadOnlyList<string>> GoOnAsync(PowerCopy copy, string root)
    {
        try
        {
            await PowerCopy.RunAsync(copy.Kind, root);
        }
        catch (FishException error)
        {
            return [$"again: {ErrorCodes.NameOf(error.Code)} {error.Message}"];
        }

        var again = await probe.LookAsync(Path.Combine(root, copy.Target), mustExist: true, copy.Find);
        result.Count("copies made by the same command again");
        return again.Refusal is { } refusal ? [$"again: done, then {refusal}"]
            : copy.Find(again.Lines) != copy.After ? [$"again: done, then there is [{string.Join("; ", again.Lines)}]"]
            : [.. again.Wrong.Select(found => $"again: {found}")];
    }

    // A backup that was not acknowledged may be there by half, and says so. Bases that come for the next one may be there before it.
    private static IEnumerable<string> CheckBackup(PowerOracle oracle, int marks, PowerLook? look) => look?.Refusal switch
    {
        { } refusal when refusal.Split(' ')[0] is not ("STORE_INCOMPLETE" or "STORE_NOT_FOUND") =>
            [$"the backup cannot be opened: {refusal}"],
        _ => oracle.MatchBackup(marks, look is { Refusal: null } ? look.Lines : null).Wrong
            .Concat(look?.Wrong.Where(wrong => !wrong.StartsWith("left over", StringComparison.Ordinal)) ?? [])
            .Select(wrong => wrong.StartsWith("the backup", StringComparison.Ordinal) ? wrong : $"the backup: {wrong}"),
    };

    // The folder may be missing: then a store is made where there is none.
    private async Task<PowerLook> LookAsync(
        string name, Dictionary<string, DiskImage> disk, string root, PowerState plan, bool mustExist,
        Func<IReadOnlyList<string>, StoreModel?> find, Func<string, PowerLook, Task<PowerLook>>? then = null)
    {
        var (folder, image) = (Path.Combine(root, name), disk.GetValueOrDefault(name));
        if (known.TryGetValue((name, image?.Hash ?? 0), out var look))
        {
            return look;
        }

        Remove(root);
        Directory.CreateDirectory(root);
        image?.Write(folder);
        if (plan.HasStaleIndex && File.Exists(Path.Combine(folder, "fish.db")))
        {
            var stale = new byte[1 << 15];
            new Random(plan.Number).NextBytes(stale);
            await File.WriteAllBytesAsync(Path.Combine(folder, "fish.db-shm"), stale);
        }

        // Temporary files of unknown owners go after a day.
        var temporary = new DirectoryInfo(Path.Combine(folder, "tmp"));
        foreach (var entry in temporary.Exists ? temporary.EnumerateFileSystemInfos() : [])
        {
            entry.LastWriteTimeUtc = DateTime.UtcNow.AddDays(-2);
        }

        look = await probe.LookAsync(folder, mustExist, find);
        look = then is null ? look : await then(folder, look);
        known.TryAdd((name, image?.Hash ?? 0), look);
        result.Count($"different disks, of the {name} folder");
        return look;
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
