using System.Diagnostics;
using FishCheckpoint.Benchmarks.EndToEnd.Processes;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;
using FishCheckpoint.Benchmarks.Models;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.EndToEnd.Saving;

/// <summary>
/// Saving what changed over HTTP, durably, beside <c>torch.save</c> and fsync of the dense model: turn by turn, on the same disk.
/// </summary>
internal static class SaveSpeedRun
{
    // A server has long been compiled by the time that a run's later steps are saved.
    private const int WarmUps = 24;

    // A disk that has just taken a gigabyte is slow for whoever comes next.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(string folder, int turns, bool write)
    {
        BertLarge.WriteIfMissing(folder);
        var own = Directory.CreateDirectory(Path.Combine(Path.GetFullPath(folder), $"saving-{Guid.NewGuid():N}")).FullName;
        try
        {
            using var torch = TorchSaver.Start(Path.Combine(folder, BertLarge.ChangedName), Path.Combine(own, "dense.pt"));
            await using var server = await ServerProcess.StartAsync(Path.Combine(own, "data"));
            using var http = ServerCalls.ClientOf(server);
            await http.PutFileAsync("/v1/bases/bert", Path.Combine(folder, BertLarge.BaseName));
            await http.PutTaskAsync("patches", "bert");
            await http.PutTaskAsync("masked", "bert");
            var result = await MeasureAsync(folder, server, http, torch, turns);
            BenchmarkPage.Publish("saving", SavingTable.Render(result), write);
        }
        finally
        {
            Directory.Delete(own, recursive: true);
        }
    }

    private static async Task<SaveTimes> MeasureAsync(string folder, ServerProcess server, HttpClient http, TorchSaver? torch, int turns)
    {
        var (patch, random) = (new PatchBody(Path.Combine(folder, BertLarge.PatchName)), new Random(1));
        var times = new SaveTimes(patch.Changed, new FileInfo(Path.Combine(folder, BertLarge.ChangedName)).Length, torch?.Version);
        await using var client = FishClient.Connect(server.Address);
        using var opened = SafetensorsFile.Open(Path.Combine(folder, BertLarge.BaseName));
        var mask = patch.ToMask(opened.Header.ToLayout());
        for (var turn = -WarmUps; turn < turns; turn++)
        {
            await SettleAsync(turn);
            patch.MoveValues(random);
            var (step, delta) = (turn + WarmUps, patch.ToDelta(mask));
            var masked = await TimeAsync(() => client.Checkpoints.SaveAsync("masked", step, new CheckpointContent.Changed(delta)));
            patch.MovePositions(random);
            await SettleAsync(turn);
            using var body = patch.ToContent();
            var patched = await TimeAsync(() => http.PutContentAsync($"/v1/tasks/patches/checkpoints/{step}", body));
            if (turn >= 0)
            {
                await SettleAsync(turn);
                times.Add(masked, patched, torch?.Save() ?? double.NaN);
            }
        }

        return times;
    }

    private static Task SettleAsync(int turn) => turn < 0 ? Task.CompletedTask : Task.Delay(Pause);

    private static async Task<double> TimeAsync(Func<Task> save)
    {
        var clock = Stopwatch.StartNew();
        await save();
        return clock.Elapsed.TotalSeconds;
    }
}
