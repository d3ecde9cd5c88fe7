using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Durability.Stores;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Durability.Suites;

/// <summary>
/// A process that works on a store, killed with SIGKILL at random moments and started again where it was: each time, what it had
/// acknowledged is there bit for bit, and what it was doing is absent or complete.
/// </summary>
public sealed class CrashSuite(int seed, string folder)
{
    private readonly Random random = new(seed);
    private readonly SuiteResult result = new();
    private readonly ChildArguments work = new(Path.Combine(folder, "data"), seed, 0, int.MaxValue / 2);
    private StoreModel held = new();
    private int next;

    /// <summary>Kills n times.</summary>
    public async Task<SuiteResult> RunAsync(int kills, Progress progress)
    {
        for (var kill = 0; kill < kills && result.Findings.Count == 0 && !progress.IsOver; kill++)
        {
            var plan = KillPlan.Draw(random, isBegun: next > OperationDraw.Beginning.Count);
            if (plan.Migrates)
            {
                await OldStore.RemoveLaterAsync(work.ToOptions());
                held.ForgetLater();
                var database = Path.Combine(work.Folder, "fish.db");
                var schema = OldStore.OldestOf(database);
                OldStore.Rewrite(database, schema);
                result.Count($"stores rewritten in schema {schema}");
            }

            var transcript = await RunChildAsync(plan);
            result.Count("kills");
            result.Count($"kills while {(plan.Migrates && transcript.Doing == "opening" ? "migrating" : transcript.Doing)}");
            result.Count("operations acknowledged", transcript.Acknowledged);
            await CheckAsync(transcript, $"seed {seed}, kill {kill} ({plan})");
            result.Find(
                result.Findings.Count == 0 ? await Recovery.CheckAsync(work, held, folder) : [], $"seed {seed}, kill {kill} ({plan})");
            result.Count(
                "checkpoints brought back and compared", held.Lines().Count(line => line.StartsWith("deleted", StringComparison.Ordinal)));
            if (kill % 20 == 19)
            {
                progress.Report($"{kill + 1} kills");
            }
        }

        return result;
    }

    private async Task<Transcript> RunChildAsync(KillPlan plan)
    {
        held.Keeps = random.Next(4) != 0;
        var transcript = new Transcript(number => Script.At(seed, number), held);
        using var child = Child.Start((work with { First = next, Dense = random.Next(2) == 0, Grace = held.Keeps }).ToList());
        using var timer = plan.Word == "starting" ? new Timer(_ => child.Kill(), null, (int)plan.Milliseconds, Timeout.Infinite) : null;
        var matches = 0;
        while (await child.ReadLineAsync() is { } line)
        {
            transcript.Take(line);
            if (plan.Word == transcript.Doing && ++matches == plan.Occurrence)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(plan.Milliseconds));
                child.Kill();
            }
        }

        var errors = await child.EndAsync();
        if (errors.Length > 0)
        {
            transcript.Wrong.Add(errors);
        }

        next = Math.Max(next, transcript.Next);
        return transcript;
    }

    private async Task CheckAsync(Transcript transcript, string where)
    {
        if (transcript.Wrong.Count == 0)
        {
            await using var store = await SqliteCheckpointStore.OpenAsync(work.ToOptions());
            held = transcript.Match(await StoreProbe.LinesAsync(store)) ?? held;
            result.Find(await StoreAudit.RunAsync(store), where);
            result.Count("checkpoints compared", held.Lines().Count(line => line.StartsWith("step", StringComparison.Ordinal)));
        }

        result.Find(transcript.Wrong, where);
    }
}

/// <summary>When a child is killed.</summary>
/// <param name="Word">What it has to be doing.</param>
/// <param name="Occurrence">The how many-th time.</param>
/// <param name="Milliseconds">How long after that.</param>
/// <param name="Migrates">Whether it begins with a store of an earlier program.</param>
public sealed record KillPlan(string Word, int Occurrence, double Milliseconds, bool Migrates = false)
{
    /// <summary>Draws one.</summary>
    /// <param name="random">Where from.</param>
    /// <param name="isBegun">Whether the store has something to migrate.</param>
    public static KillPlan Draw(Random random, bool isBegun) => random.Next(18) switch
    {
        // From the start of the process on: before, while and after it opens.
        0 => new KillPlan("starting", 1, random.Next(0, 600)),
        1 => new KillPlan("opening", 1, random.NextDouble() * 60),
        2 when isBegun => new KillPlan("opening", 1, random.NextDouble() * 150, Migrates: true),
        3 => new KillPlan(nameof(OperationKind.Recode), 1, random.NextDouble() * 30),
        4 => new KillPlan(nameof(OperationKind.AddBase), random.Next(1, 4), random.NextDouble() * 20),
        5 => new KillPlan(nameof(OperationKind.DeleteCheckpoint), random.Next(1, 4), random.NextDouble() * 8),
        6 => new KillPlan(nameof(OperationKind.SaveMasked), random.Next(1, 8), random.NextDouble() * 20),
        7 or 8 => new KillPlan(nameof(OperationKind.Fold), 1, random.NextDouble() * 40),
        9 or 10 => new KillPlan(nameof(OperationKind.Collect), 1, random.NextDouble() * 40),
        11 => new KillPlan(nameof(OperationKind.DeleteTask), 1, random.NextDouble() * 8),
        12 => new KillPlan(nameof(OperationKind.Undelete), random.Next(1, 4), random.NextDouble() * 8),
        13 => new KillPlan(nameof(OperationKind.UndeleteTask), 1, random.NextDouble() * 8),
        14 => new KillPlan(nameof(OperationKind.RemoveBase), 1, random.NextDouble() * 20),
        15 => new KillPlan(nameof(OperationKind.Collect), random.Next(1, 4), random.NextDouble() * 15),
        _ => new KillPlan("idle", random.Next(2, 16), random.NextDouble() * 25),
    };
}
