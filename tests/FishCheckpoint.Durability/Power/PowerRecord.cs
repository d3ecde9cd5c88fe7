using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Durability.Stores;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Durability.Power;

/// <summary>A record of a work on a store: kept in a folder, so that the same states come of it again.</summary>
/// <param name="folder">The folder.</param>
/// <param name="work">The number of the work.</param>
/// <param name="seed">The seed of its operations.</param>
public sealed class PowerRecord(string folder, int work, int seed)
{
    // A line between what was done before a backup and after it.
    private const string Prepared = "prepared";

    private readonly PowerWork what = PowerWork.All[work];

    private string Own => Path.Combine(folder, $"{what.Name}-{seed}");

    private string Before => Path.Combine(Own, "before");

    private string Log => Path.Combine(Own, "record");

    private PowerRecord First => new(folder, 0, seed);

    private string Lines => Path.Combine(Own, "lines");

    /// <summary>The recorded calls.</summary>
    public DiskEvent[] Events { get; private set; } = [];

    /// <summary>What was acknowledged.</summary>
    public PowerOracle Oracle { get; private set; } = null!;

    /// <summary>The restore or repair that is recorded; <see langword="null"/>: operations are.</summary>
    public PowerCopy? Copy { get; private set; }

    /// <summary>Makes the record, unless the folder has it.</summary>
    /// <param name="library">The preloaded library.</param>
    public async Task OpenAsync(string library)
    {
        if (!File.Exists(Lines))
        {
            await MakeAsync(library);
        }

        Events = DiskRecord.Read(Log);
        var marks = Events.Where(call => call.Kind == DiskEventKind.Mark).Select(call => call.First).ToArray();
        var lines = await File.ReadAllLinesAsync(Lines);
        var held = what.IsAgain ? await HeldAgainAsync(library) : Held(lines);
        if (what.Copy != CopyKind.None)
        {
            var after = Held([.. lines.TakeWhile(line => line != Prepared)]);
            Copy = new PowerCopy(what.Copy, what.Copy == CopyKind.Replace ? held : null, after);
        }

        Oracle = new PowerOracle(OperationAt, held, marks);
        var unknown = Events.Where(call => call.Kind == DiskEventKind.Other).Select(call => $"{call}");
        if (Oracle.Wrong.Concat(unknown).FirstOrDefault() is { } wrong)
        {
            throw new InvalidDataException($"The record of {what.Name} cannot be used: {wrong}");
        }
    }

    /// <summary>The disk as it was before the first recorded call.</summary>
    public Disk NewDisk(Weakness weakness)
    {
        var disk = new Disk(weakness);
        disk.Load(Before);
        return disk;
    }

    private Operation OperationAt(int number) => Script.At(what.SeedOf(seed), number);

    // What the store held before the recording.
    private StoreModel Held(string[] lines)
    {
        var transcript = new Transcript(OperationAt, new StoreModel { Keeps = what.Grace });
        Array.ForEach(lines, transcript.Take);
        var held = transcript.Possible()[0];
        if (what.IsOld)
        {
            held.ForgetLater();
        }

        return held;
    }

    // A store of the first work after a loss of power, once there is one.
    private async Task<(PowerRecord First, (PowerState Plan, Disk Disk, int Marks) State)> LostAsync(string library)
    {
        var first = First;
        await first.OpenAsync(library);
        for (var number = 0; ; number++)
        {
            var (disk, plan) = (first.NewDisk(Weakness.None), PowerState.Draw(seed, number, first.Events));
            Array.ForEach(first.Events[..plan.Calls], disk.Do);
            var marks = first.Events[..plan.Calls].Count(call => call.Kind == DiskEventKind.Mark);
            if (plan.Calls > first.Events.Length / 2 && DiskImage.Of(disk, plan.ToDraw()).ContainsKey(PowerChild.Data))
            {
                return (first, (plan, disk, marks));
            }
        }
    }

    private async Task<StoreModel> HeldAgainAsync(string library)
    {
        var (first, state) = await LostAsync(library);
        var copy = Path.Combine(Own, "copy");
        StoreCopy.Make(Path.Combine(Before, PowerChild.Data), copy);
        IReadOnlyList<string> lines;
        await using (var store = await SqliteCheckpointStore.OpenAsync(what.ToArguments(copy, seed).ToOptions()))
        {
            lines = await StoreProbe.LinesAsync(store);
        }

        Directory.Delete(copy, recursive: true);
        var (found, wrong) = first.Oracle.Match(state.Marks, lines);
        return found ?? throw new InvalidDataException($"The first loss of power has done harm: {wrong[0]}");
    }

    private async Task MakeAsync(string library)
    {
        var (disk, lines) = (Path.Combine(Own, "disk"), new List<string>());
        Directory.CreateDirectory(disk);
        if (what.IsAgain)
        {
            var (_, state) = await LostAsync(library);
            DiskImage.Of(state.Disk, state.Plan.ToDraw())[PowerChild.Data].Write(Path.Combine(disk, PowerChild.Data));
        }
        else if (what.First > 0)
        {
            var earlier = what.ToArguments(Path.Combine(disk, PowerChild.Data), seed) with { First = 0, Count = what.First };
            await DoAsync(earlier, lines);
            if (what.IsOld)
            {
                await OldStore.RemoveLaterAsync(earlier.ToOptions());
                var database = Path.Combine(disk, PowerChild.Data, "fish.db");
                OldStore.Rewrite(database, OldStore.OldestOf(database));
            }

            if (what.Copy != CopyKind.None)
            {
                await PowerCopy.PrepareAsync(what.Copy, disk, earlier.ToOptions());
                lines.Add(Prepared);
            }

            if (what.Copy == CopyKind.Replace)
            {
                await DoAsync(earlier with { First = what.First, Count = what.End - what.First }, lines);
            }
        }

        CopyFolder(disk, Before);
        var preloaded = new Dictionary<string, string>(StringComparer.Ordinal) { ["LD_PRELOAD"] = library };
        using (var child = Child.Start(new PowerChild(disk, Log, work, seed).ToList(), preloaded))
        {
            var isOver = await child.ReadLineAsync() == "over";
            if (await child.EndAsync() is var errors && (!isOver || errors.Length > 0))
            {
                throw new InvalidDataException($"The recorded process of {what.Name} ended with {child.ExitCode}: {errors}");
            }
        }

        Directory.Delete(disk, recursive: true);
        await File.WriteAllLinesAsync(Lines, lines);
    }

    private static Task DoAsync(ChildArguments work, List<string> lines) => ChildProgram.PerformAsync(work, line =>
    {
        lines.Add(line);
        return Task.CompletedTask;
    });

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo)
            {
                CopyFolder(entry.FullName, Path.Combine(to, entry.Name));
            }
            else
            {
                File.Copy(entry.FullName, Path.Combine(to, entry.Name));
            }
        }
    }
}
