using System.Diagnostics;
using System.Globalization;
using System.Text;
using FishCheckpoint.Benchmarks.EndToEnd.Processes;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;

namespace FishCheckpoint.Benchmarks.EndToEnd.Reclaim;

/// <summary>What deleting nine checkpoints of ten gives back to the disk, while models are streamed and a trainer saves.</summary>
internal static class ReclaimRun
{
    private const int Megabytes = 128;
    private const int Readers = 2;

    public static async Task RunAsync(string folder, int steps, bool write)
    {
        var own = Directory.CreateDirectory(Path.Combine(Path.GetFullPath(folder), $"reclaim-{Guid.NewGuid():N}")).FullName;
        try
        {
            var store = await ReclaimStore.CreateAsync(own, Megabytes, steps);
            var rows = await MeasureAsync(own, store);
            var text = new StringBuilder("## Deleting\n\n");
            text.AppendLine(CultureInfo.InvariantCulture, $"""
                A store of {store.Digests.Count} checkpoints of a float32 model of {Megabytes * 1.048576:N0} MB, 5% of its values each, and
                what deleting nine of ten gives back. Masks are drawn from 7.5% of the positions. Four tasks: a fixed mask, predicted one
                from another; a new mask each step, based one on another; the same, folded; and one that is deleted whole. The first loses
                checkpoints by requests, the next two by retention. Meanwhile {Readers} readers stream full models that stay, one slowly a
                model that is deleted, until after the round, and a trainer saves five times a second at most.
                """).AppendLine();
            text.AppendLine("`dotnet run -c Release --project tests/FishCheckpoint.Benchmarks -- reclaim DIR`").AppendLine();
            text.AppendLine("| | |").AppendLine("|---|---:|");
            foreach (var (name, value) in rows)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {value} |");
            }

            BenchmarkPage.Publish("reclaim", text.AppendLine().AppendLine(Machine.Describe()).ToString(), write);
        }
        finally
        {
            Directory.Delete(own, recursive: true);
        }
    }

    private static async Task<List<(string Name, string Value)>> MeasureAsync(string folder, ReclaimStore store)
    {
        // Without a grace: what is deleted frees its bytes in the rounds that are measured, not a day later.
        await using var server = await ServerProcess.StartAsync(folder, "--FishCheckpoint:DeletionGrace", "00:00:00");
        await using var client = FishClient.Connect(server.Address);
        using var http = ServerCalls.ClientOf(server);
        await client.Maintenance.CollectAsync();
        var (deletion, reportBefore, before) = (
            await Deletion.PlanAsync(client), await client.Reports.GetStorageAsync(), DiskSize.Of(folder));
        var staying = deletion.Staying.Select(info => (info.Task, info.Step)).ToArray();

        using var end = new CancellationTokenSource();
        using var hurry = new CancellationTokenSource();
        var streams = Enumerable.Range(0, Readers).Select(_ => new ModelStreams(http, store)).ToArray();
        var reading = streams.Select((stream, index) => stream.GoOnAsync(staying, index * staying.Length / Readers, end.Token)).ToArray();
        var (slow, begun) = (new ModelStreams(http, store), new TaskCompletionSource());
        var last = deletion.Going.Last(info => info.Task == ReclaimStore.Chain);
        var slowly = slow.ReadAsync((last.Task, last.Step), () => begun.TrySetResult(), hurry.Token);
        var writer = new LiveWriter(client, new ReclaimModel(Megabytes, 9));
        var writing = writer.GoOnAsync(end.Token);
        await begun.Task;

        var deleting = await TimeAsync(() => deletion.BeginAsync(client));
        var planned = default(CollectResult)!;
        var planning = await TimeAsync(async () => planned = await client.Maintenance.CollectAsync(new CollectOptions { DryRun = true }));
        var first = default(CollectResult)!;
        var collecting = await TimeAsync(async () => first = await client.Maintenance.CollectAsync());
        var held = DiskSize.Of(folder);
        await hurry.CancelAsync();
        await slowly;
        var second = default(CollectResult)!;
        var finishing = await TimeAsync(async () => second = await client.Maintenance.CollectAsync());
        await end.CancelAsync();
        await Task.WhenAll([.. reading, writing]);

        // What the trainer saved since the round.
        await client.Maintenance.CollectAsync();
        var (reportAfter, after, check) = (await client.Reports.GetStorageAsync(), DiskSize.Of(folder), new ModelStreams(http, store));
        foreach (var checkpoint in staying)
        {
            await check.ReadAsync(checkpoint);
        }

        var gone = deletion.Going.Count;
        var shrunk = before.Database - after.Database + writer.StoredBytes;
        return
        [
            ("checkpoints deleted", $"{gone} of {gone + staying.Length} ({100.0 * gone / (gone + staying.Length):F1}%)"),
            ("database and log before", Mega(before.Database)),
            ("bytes of the deleted checkpoints, as the lists report", Mega(deletion.Bytes)),
            ("the files shrank by, the trainer's new checkpoints counted", Mega(shrunk)),
            ("**given back**", $"**{100.0 * shrunk / deletion.Bytes:F1}%**"),
            ("without counting the trainer's", $"{100.0 * (before.Database - after.Database) / deletion.Bytes:F1}%"),
            ("blocks that `du` counts: before, after", $"{Mega(before.Blocks)}, {Mega(after.Blocks)}"),
            (
                "what `gc --dry-run` reported: freed and unused pages; held",
                $"{Mega(planned.FreedBytes + planned.ReturnedBytes)}; {Mega(planned.TombstoneBytes)}"),
            ("reported ÷ given back", $"{(double)(planned.FreedBytes + planned.ReturnedBytes) / shrunk:F3}"),
            (
                "what the rounds freed; rebased; held still",
                $"{Mega(first.FreedBytes + second.FreedBytes)}; {first.Rebased + second.Rebased}; {Mega(second.TombstoneBytes)}"),
            ("given back by the first round, one model being read since before it", Mega(before.Database - held.Database)),
            ("deleting by requests; dry run; first round; second round, after that reader",
                $"{deleting:F1} s; {planning:F1} s; {collecting:F1} s; {finishing:F1} s"),
            ("the report's total differs from `du` by: before, after",
                $"{Percent(DiskSize.Reported(reportBefore), before.Blocks)}, {Percent(DiskSize.Reported(reportAfter), after.Blocks)}"),
            ("models streamed meanwhile, with the deleted one; wrong",
                $"{streams.Sum(stream => stream.Read) + slow.Read}; {streams.Sum(stream => stream.Wrong) + slow.Wrong}"),
            ("longest stall of a reader", $"{streams.Max(stream => stream.LongestStall).TotalSeconds:F2} s"),
            ("saves meanwhile: count; median; longest",
                $"{writer.Times.Count}; {Spread.Of(writer.Times).Median:F2} s; {writer.Times.Max():F2} s"),
            ("models that stay, read again afterwards; wrong", $"{check.Read}; {check.Wrong}"),
        ];
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalSeconds;
    }

    private static string Mega(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N1} MB");

    private static string Percent(long said, long there) =>
        string.Create(CultureInfo.InvariantCulture, $"{100.0 * Math.Abs(said - there) / there:F2}%");
}
