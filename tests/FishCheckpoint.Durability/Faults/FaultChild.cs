using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Durability.Stores;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Durability.Faults;

/// <summary>
/// A process with the preloaded library that does the script again and again, each time in a fresh store and with another call that fails,
/// and looks at what is there afterwards. It says which it is at, so that its parent knows what it crashed or hung on.
/// </summary>
/// <param name="Folder">A folder for the stores.</param>
/// <param name="Mode">Number of the way of failing.</param>
/// <param name="First">The first call; 0 only counts.</param>
/// <param name="Stride">From one call to the next.</param>
/// <param name="Last">No call after this one fails.</param>
/// <param name="Kind">The kind of calls that are numbered; empty for all.</param>
public sealed record FaultChild(string Folder, int Mode, int First, int Stride, int Last = int.MaxValue, string Kind = "")
{
    private const string Word = "faults";

    private FaultMode How => FaultMode.All[Mode];

    public string[] ToList() => [Word, Folder, $"{Mode}", $"{First}", $"{Stride}", $"{Last}", Kind];

    public static FaultChild? TryParse(IReadOnlyList<string> list) =>
        list[0] == Word ? new FaultChild(
            list[1], int.Parse(list[2]), int.Parse(list[3]), int.Parse(list[4]), int.Parse(list[5]), list[6]) : null;

    public async Task<int> RunAsync()
    {
        // SQLite must be loaded before its calls can be recognized.
        SQLitePCL.Batteries_V2.Init();
        var total = Math.Min(await CountAsync(), Last);
        for (var call = First; call > 0 && call <= total; call += Stride)
        {
            await ChildProgram.SayAsync($"at {call}");
            var transcript = await RunScriptAsync(call);
            foreach (var finding in transcript.Wrong)
            {
                await ChildProgram.SayAsync($"FOUND {finding.ReplaceLineEndings(" | ")}");
            }

            await ChildProgram.SayAsync($"refused {transcript.DiskRefusals}");
        }

        await ChildProgram.SayAsync("over");
        return 0;
    }

    private async Task<int> CountAsync()
    {
        var total = 0L;
        var transcript = await RunScriptAsync(0);
        foreach (var (kind, database, others) in FaultShim.Counts())
        {
            total += Kind == kind || (Kind.Length == 0 && How.Has(kind)) ? database + others : 0;
            if (First == 0)
            {
                await ChildProgram.SayAsync($"count {kind} {database} {others}");
            }
        }

        foreach (var finding in transcript.Wrong)
        {
            await ChildProgram.SayAsync($"FOUND {finding}");
        }

        return (int)total;
    }

    private async Task<Transcript> RunScriptAsync(int call)
    {
        var data = Path.Combine(Folder, $"{Mode}-{First}-{call}");
        var work = new ChildArguments(data, Script.Seed, 0, Script.Length, Dense: true, MaxRefusals: 3);
        var transcript = new Transcript(number => Script.At(work.Seed, number), new StoreModel());
        FaultShim.Arm(data, call, How, Kind);
        var isReported = false;
        await ChildProgram.PerformAsync(work, line =>
        {
            // What has failed until now failed in what is just ending.
            if (!isReported && FaultShim.Failed is { Length: > 0 } failed)
            {
                transcript.Take(failed);
                isReported = true;
            }

            transcript.Take(line);
            return Task.CompletedTask;
        });
        if (transcript is { SyncFailed: { } synced, DiskRefusals: 0 } && How.Error != 0)
        {
            transcript.Wrong.Add($"the sync of {synced} failed, and nothing was refused");
        }

        // The counts of a run without faults are asked for afterwards: what follows is beneath another folder.
        FaultShim.Pause();
        await CheckAsync(work, transcript);
        Directory.Delete(data, recursive: true);
        return transcript;
    }

    private static async Task CheckAsync(ChildArguments work, Transcript transcript)
    {
        await using var store = await SqliteCheckpointStore.OpenAsync(work.ToOptions());
        transcript.Match(await StoreProbe.LinesAsync(store));
        transcript.Wrong.AddRange(await StoreAudit.RunAsync(store));
    }
}
