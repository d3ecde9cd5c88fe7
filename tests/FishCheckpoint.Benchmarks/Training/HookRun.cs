using System.Diagnostics;
using System.Runtime.InteropServices;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Storage;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;

namespace FishCheckpoint.Benchmarks.Training;

/// <summary>
/// What saving every step costs a trainer: the same steps with and without a hook, in turns of a few steps each, with a 0.5% mask on 10.5
/// million parameters; and how the stall of a save grows with the mask and with the model.
/// </summary>
internal static class HookRun
{
    private const int StepsPerTurn = 8;

    public static async Task RunAsync(int turns)
    {
        var folder = Directory.CreateTempSubdirectory("fish-hook-").FullName;
        try
        {
            await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = folder });
            foreach (var batch in new[] { 64, 128, 256 })
            {
                await CostAsync(store, batch, turns);
            }

            Console.WriteLine();
            Console.WriteLine($"{"parameters",12} {"mask",10} {"stall, ms (quartiles)",28} {"in the background, ms",34}");
            foreach (var (width, ratio) in new[] { (1024, 0.02), (2048, 0.005), (4096, 0.00125), (2048, 0.0005), (2048, 0.05) })
            {
                await StallAsync(store, width, ratio);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task CostAsync(IFishStore store, int batch, int turns)
    {
        var network = new WideNetwork(batch, 1024, 2048, 2048, 2048, 10);
        var mask = MaskSelection.Random(network.Layout, new MaskRule { Ratio = 0.005 }, 1);
        var optimizer = new MaskedAdamW(mask);
        await AddTaskAsync(store, $"cost-{batch}", network);
        await using var hook = Hook(store, $"cost-{batch}", network, mask, optimizer);
        var (bare, saving, ratios, step) = (new List<double>(), new List<double>(), new List<double>(), 0L);
        for (var turn = -4; turn < turns; turn++)
        {
            var without = Turn(() => Step(network, optimizer));
            var with = Turn(() =>
            {
                Step(network, optimizer);
                hook.OnStep(++step);
            });

            // The last save of the turn is waited for: its cost belongs to the steps with the hook.
            var begin = Stopwatch.GetTimestamp();
            await hook.SaveAsync(force: true);
            with += Stopwatch.GetElapsedTime(begin).TotalMilliseconds / StepsPerTurn;
            if (turn >= 0)
            {
                bare.Add(without);
                saving.Add(with);
                ratios.Add((with / without) - 1);
            }
        }

        var summary = await hook.CompleteAsync();
        Console.WriteLine(
            $"batch {batch}: {network.Layout.Elements:N0} parameters, {mask.Count:N0} in the mask, {summary.Saved} steps saved, "
            + $"{summary.Skipped} skipped, {summary.Failed} failed");
        Console.WriteLine(
            $"a step takes {Show(bare)} ms without the hook, {Show(saving)} ms saving every step with its trainer state; it costs "
            + $"{Show(ratios, 100)} %");
        Console.WriteLine($"{summary.StoredBytes / summary.Saved:N0} bytes a save (moments included)");
    }

    private static async Task StallAsync(IFishStore store, int width, double ratio)
    {
        var network = new WideNetwork(1, width / 2, width, width, width, 10);
        var mask = MaskSelection.Random(network.Layout, new MaskRule { Ratio = ratio }, 1);
        var task = $"stall-{width}-{ratio}";
        await AddTaskAsync(store, task, network);
        await using var hook = Hook(store, task, network, mask, null);
        for (var step = 1; step <= 60; step++)
        {
            hook.OnStep(step);
            await hook.SaveAsync();
        }

        await hook.CompleteAsync();

        // The first one holds the leak check, which reads the whole model.
        var stalls = hook.Reports.Skip(10).Select(report => report.Stall.TotalMilliseconds).ToList();
        var background = hook.Reports.Skip(10).Select(report => report.Background.TotalMilliseconds).ToList();
        Console.WriteLine($"{network.Layout.Elements,12:N0} {mask.Count,10:N0} {Show(stalls),28} {Show(background),34}");
    }

    private static double Turn(Action step)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var index = 0; index < StepsPerTurn; index++)
        {
            step();
        }

        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds / StepsPerTurn;
    }

    private static void Step(WideNetwork network, MaskedAdamW optimizer)
    {
        network.Pass();
        optimizer.Step(network.Values, network.Gradients);
    }

    private static CheckpointHook Hook(IFishStore store, string task, WideNetwork network, Masks.Mask mask, MaskedAdamW? optimizer) => new(
        store, task, mask, tensor => MemoryMarshal.AsBytes(network.Values(tensor)),
        new CheckpointHookOptions
        {
            SaveEverySteps = 1, Busy = BusyPolicy.Wait, SaveOnStop = false,
            State = optimizer is null ? new Dictionary<string, IResumable>(StringComparer.Ordinal)
                : new Dictionary<string, IResumable>(StringComparer.Ordinal) { ["optimizer"] = optimizer },
        });

    private static async Task AddTaskAsync(IFishStore store, string name, WideNetwork network)
    {
        var file = new MemoryStream();
        file.Write(HeaderWriter.Create(network.Layout.Tensors).ToFileBytes());
        for (var tensor = 0; tensor < network.Layout.Tensors.Count; tensor++)
        {
            file.Write(MemoryMarshal.AsBytes(network.Values(tensor)));
        }

        file.Position = 0;
        await store.Bases.AddAsync(name, ModelUpload.FromStream(file));
        await store.Tasks.PutAsync(name, new TaskSpec(name));
    }

    private static string Show(List<double> values, double scale = 1)
    {
        values.Sort();
        return $"{scale * values[values.Count / 2]:0.000} ({scale * values[values.Count / 4]:0.000} to "
            + $"{scale * values[values.Count * 3 / 4]:0.000})";
    }
}
