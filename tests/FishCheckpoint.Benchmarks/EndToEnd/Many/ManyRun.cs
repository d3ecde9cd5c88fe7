using System.Diagnostics;
using System.Globalization;
using System.Text;
using FishCheckpoint.Benchmarks.EndToEnd.Processes;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;
using FishCheckpoint.Reports;
using FishCheckpoint.Storage;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Benchmarks.EndToEnd.Many;

/// <summary>How long answers take from a store with very many checkpoints: embedded, and from a server in a process of its own.</summary>
internal static class ManyRun
{
    private const int WarmUps = 30;

    public static async Task RunAsync(string folder, int checkpoints, int turns, bool write)
    {
        var text = new StringBuilder("## Very many checkpoints\n\n");
        text.AppendLine(CultureInfo.InvariantCulture, $"""
            Stores with {checkpoints:N0} checkpoints of a tiny model (1,040 elements, 5 tensors), each saved with two metrics as a trainer
            would; every question is asked {turns} times, in turns with the others. Milliseconds: the median, and in parentheses the 99th
            percentile. Over HTTP: client and server on this machine.
            """).AppendLine();
        text.AppendLine("`dotnet run -c Release --project tests/FishCheckpoint.Benchmarks -- many DIR`").AppendLine();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"| | {checkpoints / 1000:N0} tasks of 1,000: embedded | over HTTP | one task of {checkpoints:N0}: embedded | over HTTP |");
        text.AppendLine("|---|---|---|---|---|");
        var rows = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (tasks, large, task, of) in
            new[] { (checkpoints / 1000, 0, ManyStore.NameOf(0), 1000), (0, checkpoints, ManyStore.Large, checkpoints) })
        {
            var own = Path.Combine(Path.GetFullPath(folder), string.Create(CultureInfo.InvariantCulture, $"many-{tasks}-{large}"));
            await EnsureAsync(own, tasks, large);
            await MeasureAsync(own, task, of, turns, rows);
        }

        foreach (var (name, cells) in rows)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {string.Join(" | ", cells)} |");
        }

        BenchmarkPage.Publish("many", text.AppendLine().AppendLine(Machine.Describe()).ToString(), write);
    }

    // A store takes minutes to fill: it is left for the next run. What a run that was ended has left is not taken for whole.
    private static async Task EnsureAsync(string folder, int tasks, int large)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        var (clock, filling) = (Stopwatch.StartNew(), $"{folder}-{Guid.NewGuid():N}");
        await ManyStore.CreateAsync(filling, tasks, large);
        Directory.Move(filling, folder);
        Console.WriteLine($"{(tasks * 1000) + large:N0} saves in {clock.Elapsed.TotalSeconds:N0} s");
    }

    private static async Task MeasureAsync(string folder, string task, int checkpoints, int turns, Dictionary<string, List<string>> rows)
    {
        await using (var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = folder }))
        {
            await AskAsync(store, task, checkpoints, turns, rows);
        }

        await using var server = await ServerProcess.StartAsync(folder);
        await using var client = FishClient.Connect(server.Address);
        await AskAsync(client, task, checkpoints, turns, rows);
    }

    private static async Task AskAsync(IFishStore store, string task, int checkpoints, int turns, Dictionary<string, List<string>> rows)
    {
        var questions = ManyQuestions.Of(store, task, checkpoints);
        var times = questions.Select(_ => new List<double>()).ToArray();
        for (var turn = -WarmUps; turn < turns; turn++)
        {
            for (var question = 0; question < questions.Count; question++)
            {
                var clock = Stopwatch.StartNew();
                await questions[question].Ask();
                if (turn >= 0)
                {
                    times[question].Add(clock.Elapsed.TotalMilliseconds);
                }
            }
        }

        foreach (var ((name, _), measured) in questions.Zip(times))
        {
            if (!rows.TryGetValue(name, out var cells))
            {
                rows.Add(name, cells = []);
            }

            var sorted = measured.Order().ToArray();
            cells.Add(
                string.Create(
                    CultureInfo.InvariantCulture, $"{sorted[sorted.Length / 2]:F2} ({sorted[(int)((sorted.Length - 1) * 0.99)]:F1})"));
        }
    }
}

/// <summary>What people ask of a store, of a task in it.</summary>
internal static class ManyQuestions
{
    /// <summary>The questions, by the name of their row.</summary>
    /// <param name="store">The store, or a client of its server.</param>
    /// <param name="task">The task.</param>
    /// <param name="checkpoints">How many checkpoints it has.</param>
    public static IReadOnlyList<(string Name, Func<Task> Ask)> Of(IFishStore store, string task, int checkpoints)
    {
        var (random, reports) = (new Random(7), store.Reports);
        return
        [
            ("list: the first 100", () => store.Checkpoints.ListAsync(task, new PageRequest()).ReadPageAsync()),
            ("list: 100 from the middle", () => store.Checkpoints.ListAsync(
                task, new PageRequest(100, Text(checkpoints / 2))).ReadPageAsync()),
            ("list: the last 100", () => store.Checkpoints.ListAsync(task, new PageRequest(100, Text(checkpoints - 101))).ReadPageAsync()),
            ("list: 1000 from the middle", () => store.Checkpoints.ListAsync(
                task, new PageRequest(1000, Text(checkpoints / 2))).ReadPageAsync()),
            ("list the tasks", () => store.Tasks.ListAsync(new PageRequest()).ReadPageAsync()),
            ("get: a step", () => store.Checkpoints.GetAsync(task, StepRef.At(random.Next(checkpoints)))),
            ("get: latest", () => store.Checkpoints.GetAsync(task, StepRef.Latest)),
            ("get: best", () => store.Checkpoints.GetAsync(task, StepRef.Best)),
            ("get: a tag", () => store.Checkpoints.GetAsync(task, StepRef.Parse($"tag-{random.Next(checkpoints / 100) * 100}"))),
            ("get: the task", () => store.Tasks.GetAsync(task)),
            ("report: the store", () => reports.GetStorageAsync()),
            ("report: the base", () => reports.GetBaseAsync("base")),
            ("report: the task", () => reports.GetStorageAsync(task)),
            ("report: the task's tensors", () => reports.ListTensorsAsync(task, new PageRequest()).ReadPageAsync()),
            ("report: growth of 30 days", () => reports.GetGrowthAsync()),
            ("report: growth of the task in a thousand days", () => reports.GetGrowthAsync(
                new GrowthRequest { Task = task, From = DateOnly.FromDateTime(DateTime.UtcNow).AddDays(-999) })),
        ];
    }

    private static string Text(int step) => step.ToString(CultureInfo.InvariantCulture);
}
