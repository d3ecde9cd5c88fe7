using System.Diagnostics;
using System.Globalization;
using System.Text;
using FishCheckpoint.Benchmarks.EndToEnd.Many;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;
using FishCheckpoint.Engine;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Benchmarks.EndToEnd.Reclaim;

/// <summary>
/// How long it takes to delete very many checkpoints of one task, to bring them back and to remove them for good, while others save.
/// </summary>
internal static class DeletionsRun
{
    private const int Smaller = 10;

    public static async Task RunAsync(string folder, int checkpoints, bool write)
    {
        var text = new StringBuilder("## Very many deletions\n\n");
        text.AppendLine(CultureInfo.InvariantCulture, $"""
            One task with {checkpoints / Smaller:N0} and one with {checkpoints:N0} checkpoints of a tiny model (1,040 elements, 5 tensors),
            all of which are deleted, come back, and are removed. Meanwhile another task is saved to without a pause: its longest save is
            the longest time that anyone waited.
            """).AppendLine();
        text.AppendLine("`dotnet run -c Release --project tests/FishCheckpoint.Benchmarks -- deletions DIR`").AppendLine();
        text.AppendLine(
            CultureInfo.InvariantCulture, $"| | {checkpoints / Smaller:N0}: s | longest save, s | {checkpoints:N0}: s | longest save, s |");
        text.AppendLine("|---|---:|---:|---:|---:|");
        var columns = new List<IReadOnlyList<(string Name, string Cells)>>();
        foreach (var count in new[] { checkpoints / Smaller, checkpoints })
        {
            var own = Path.Combine(Path.GetFullPath(folder), $"deletions-{Guid.NewGuid():N}");
            try
            {
                await ManyStore.CreateAsync(own, tasks: 0, large: count);
                columns.Add(await MeasureAsync(own, count));
            }
            finally
            {
                Directory.Delete(own, recursive: true);
            }
        }

        foreach (var ((name, small), (_, large)) in columns[0].Zip(columns[1]))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {small} | {large} |");
        }

        text.AppendLine().Append(await GraceCost.MeasureAsync(Path.GetFullPath(folder)));
        BenchmarkPage.Publish("deletions", text.AppendLine().AppendLine(Machine.Describe()).ToString(), write);
    }

    private static async Task<IReadOnlyList<(string Name, string Cells)>> MeasureAsync(string folder, int count)
    {
        await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = folder });
        await store.Tasks.PutAsync("live", new TaskSpec("base"));
        var rows = new List<(string, string)>();
        foreach (var (name, work) in Works(store, count))
        {
            rows.Add((name, await TimeAsync(store, work)));
        }

        return rows;
    }

    private static IEnumerable<(string Name, Func<Task> Work)> Works(CheckpointStore store, int count)
    {
        async Task EachAsync(Func<long, Task> work)
        {
            for (var step = 0L; step < count; step++)
            {
                await work(step);
            }
        }

        const string Task = ManyStore.Large;
        return
        [
            ("delete each by a request", () => EachAsync(step => store.Checkpoints.DeleteAsync(Task, StepRef.At(step)))),
            ("list the deleted, 1,000 a page", () => ListAsync(store)),
            ("undelete each by a request", () => EachAsync(step => store.Checkpoints.UndeleteAsync(Task, step))),
            ("delete the task", () => store.Tasks.DeleteAsync(Task)),
            ("undelete the task", () => store.Tasks.UndeleteAsync(Task)),
            ("say what a retention of the last 10 would delete", () => store.Tasks.PutAsync(
                Task, new TaskSpec("base", Retention: new Retention(KeepLast: 10)))),
            ("delete by the retention (`gc`)", () => store.Maintenance.CollectAsync()),
            ("say what `gc --now` would free", () => store.Maintenance.CollectAsync(new CollectOptions { Now = true, DryRun = true })),
            ("remove all of it (`gc --now`)", () => store.Maintenance.CollectAsync(new CollectOptions { Now = true })),
        ];
    }

    private static async Task ListAsync(CheckpointStore store)
    {
        string? after = null;
        do
        {
            after = (await store.Checkpoints.ListDeletedAsync(ManyStore.Large, new PageRequest(1000, after)).ReadPageAsync()).Next;
        }
        while (after is not null);
    }

    private static async Task<string> TimeAsync(CheckpointStore store, Func<Task> work)
    {
        using var end = new CancellationTokenSource();
        var saving = Task.Run(() => SaveAsync(store, end.Token));
        var clock = Stopwatch.StartNew();
        await work();
        var seconds = clock.Elapsed.TotalSeconds;
        await end.CancelAsync();
        var longest = await saving;
        return string.Create(CultureInfo.InvariantCulture, $"{seconds:F2} | {longest:F2}");
    }

    private static async Task<double> SaveAsync(CheckpointStore store, CancellationToken end)
    {
        var (longest, random, mask) = (0.0, new Random(1), ManyStore.Draw(new Random(1)));
        while (!end.IsCancellationRequested)
        {
            var clock = Stopwatch.StartNew();
            await store.Checkpoints.SaveAsync(
                "live", Stopwatch.GetTimestamp(), ManyStore.Content(mask, random), cancellationToken: CancellationToken.None);
            longest = Math.Max(longest, clock.Elapsed.TotalSeconds);
        }

        return longest;
    }
}

/// <summary>Nine checkpoints of ten go: by requests, with their task, and by retention.</summary>
/// <param name="Going">What was there and is to go.</param>
/// <param name="Staying">What stays.</param>
internal sealed record Deletion(IReadOnlyList<CheckpointInfo> Going, IReadOnlyList<CheckpointInfo> Staying)
{
    private const int KeepEvery = 10;

    /// <summary>Decides what goes. The parent of the latest checkpoint of a task under retention stays with it.</summary>
    public static async Task<Deletion> PlanAsync(FishClient client)
    {
        var (going, staying) = (new List<CheckpointInfo>(), new List<CheckpointInfo>());
        foreach (var task in new[] { ReclaimStore.Fixed, ReclaimStore.Chain, ReclaimStore.Folded, ReclaimStore.Trial })
        {
            var all = (await client.Checkpoints.ListAsync(task, new PageRequest(1000)).ReadPageAsync()).Items;
            var anchor = task is ReclaimStore.Chain or ReclaimStore.Folded ? all[^1].Parent : null;
            foreach (var info in all)
            {
                (task != ReclaimStore.Trial && (info.Step % KeepEvery == 0 || StepRef.At(info.Step).ToString() == anchor) ? staying
                    : going).Add(info);
            }
        }

        return new Deletion(going, staying);
    }

    /// <summary>Bytes that the report counts for what goes.</summary>
    public long Bytes => Going.Sum(info => info.StoredBytes);

    /// <summary>Deletes by requests, and asks for the retention that deletes the others in the next round.</summary>
    public async Task BeginAsync(FishClient client)
    {
        foreach (var info in Going.Where(info => info.Task == ReclaimStore.Fixed))
        {
            await client.Checkpoints.DeleteAsync(info.Task, StepRef.At(info.Step));
        }

        await client.Tasks.DeleteAsync(ReclaimStore.Trial);
        foreach (var task in new[] { ReclaimStore.Chain, ReclaimStore.Folded })
        {
            await client.Tasks.PutAsync(task, new TaskSpec("base", Retention: new Retention(KeepEvery: KeepEvery)));
        }
    }
}

/// <summary>A trainer that goes on saving: a thousandth of the values, some times a second.</summary>
internal sealed class LiveWriter(FishClient client, ReclaimModel model)
{
    private const string Name = "live";
    private const double Share = 0.013;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Seconds of each save.</summary>
    public List<double> Times { get; } = [];

    /// <summary>Bytes that its checkpoints take: they came while others went.</summary>
    public long StoredBytes { get; private set; }

    public async Task GoOnAsync(CancellationToken end)
    {
        await client.Tasks.PutAsync(Name, new TaskSpec("base"), CancellationToken.None);
        var mask = model.Draw(Share);
        for (var step = 1; !end.IsCancellationRequested; step++)
        {
            var content = new CheckpointContent.Changed(model.Next(mask));
            var clock = Stopwatch.StartNew();
            var saved = await client.Checkpoints.SaveAsync(Name, step, content, cancellationToken: CancellationToken.None);
            Times.Add(clock.Elapsed.TotalSeconds);
            StoredBytes += saved.Value.StoredBytes;
            await Task.Delay(Pause, CancellationToken.None);
        }
    }
}
