using System.Diagnostics;
using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Storage;
using FishCheckpoint.TorchSharp;
using FishCheckpoint.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FishCheckpoint.Samples.TorchSharp;

/// <summary>
/// Measures the cost of a save for a loop, and of a masked optimizer's step beside the full one's: 10.5 million float32 parameters on the
/// host, 0.5% of them in a random mask. The alternatives take turns in one run; figures are medians, with quartiles in brackets.
/// </summary>
internal static class Bench
{
    private const double Ratio = 0.005;
    private const int Warmup = 5;
    private const int StepsPerTurn = 8;
    private const int Batch = 64;

    public static async Task RunAsync(int rounds)
    {
        Console.WriteLine($"{get_num_threads()} threads, {rounds} rounds; layers of 1024, 2048, 2048, 2048 and 10 values");
        var folder = Directory.CreateTempSubdirectory("fish-torchsharp-bench-").FullName;
        try
        {
            await SavesAsync(folder, rounds);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Optimizers(rounds * StepsPerTurn);
    }

    // The same steps without and with a save after each, alternating.
    private static async Task SavesAsync(string folder, int rounds)
    {
        using var net = Wide();
        using var model = new TorchModel(net);
        var mask = MaskSelection.Random(model.Layout, model.Rule(Ratio), 1);
        await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Path.Combine(folder, "data") });
        model.SaveFile(Path.Combine(folder, "base.safetensors"));
        await store.Bases.AddAsync("base", ModelUpload.FromPath(Path.Combine(folder, "base.safetensors")));
        await store.Tasks.PutAsync("task", new TaskSpec("base"));
        using var optimizer = TorchMaskedOptimizer.AdamW(model, mask);
        using var hook = TorchHook.Attach(store, "task", model, optimizer, mask, new TorchHookOptions
        {
            Hook = new CheckpointHookOptions { SaveEverySteps = 1, Busy = BusyPolicy.Wait, SaveOnStop = false },
        });
        using var inputs = randn(Batch, 1024);
        var (bare, saving, extra, step) = (new List<double>(), new List<double>(), new List<double>(), 0L);
        for (var round = -Warmup; round < rounds; round++)
        {
            var without = Time(() => Train(net, optimizer, inputs), StepsPerTurn);

            // Waits for the last save of a turn: its cost belongs to the saving steps.
            var begin = Stopwatch.GetTimestamp();
            Time(() => { Train(net, optimizer, inputs); hook.OnStep(++step); }, StepsPerTurn);
            await hook.SaveAsync(force: true);
            var with = Stopwatch.GetElapsedTime(begin).TotalMilliseconds / StepsPerTurn;
            if (round >= 0)
            {
                bare.Add(without);
                saving.Add(with);
                extra.Add((with / without) - 1);
            }
        }

        var summary = await hook.CompleteAsync();
        var reports = hook.Hook.Reports.Skip(Warmup * StepsPerTurn).ToList();
        Console.WriteLine($"save: {model.Layout.Elements:N0} parameters, {mask.Count:N0} in the mask, batches of {Batch}, each step saved");
        Console.WriteLine($"  {summary.Saved} saved, {summary.Failed} failed, {summary.StoredBytes / summary.Saved:N0} bytes each");
        Console.WriteLine($"  stall of a save {Show(reports.Select(report => report.Stall.TotalMilliseconds))} ms");
        Console.WriteLine($"  in the background {Show(reports.Select(report => report.Background.TotalMilliseconds))} ms");
        Console.WriteLine($"  a step {Show(bare)} ms, with its save {Show(saving)} ms: {Show(extra.Select(value => 100 * value))} % more");
    }

    // One step each of the full optimizer and of the masked ones, on the same gradients.
    private static void Optimizers(int steps)
    {
        using Sequential net = Wide(), one = Wide(), two = Wide();
        using TorchModel first = new(one), second = new(two);
        var mask = MaskSelection.Random(first.Layout, first.Rule(Ratio), 1);
        using var inputs = randn(Batch, 1024);
        foreach (var module in (Sequential[])[net, one, two])
        {
            using var scope = NewDisposeScope();
            module.call(inputs).square().mean().backward();
        }

        using var dense = optim.AdamW(net.parameters(), weight_decay: 0.01);
        using var portable = TorchMaskedOptimizer.AdamW(first, mask, null, StepArithmetic.Portable);
        using var torch = TorchMaskedOptimizer.AdamW(second, mask, null, StepArithmetic.Torch);
        optim.Optimizer[] all = [dense, portable, torch];
        var times = Array.ConvertAll(all, _ => new List<double>());
        for (var step = -Warmup; step < steps; step++)
        {
            foreach (var (index, optimizer) in all.Index())
            {
                var time = Time(() => optimizer.step(), 1);
                if (step >= 0)
                {
                    times[index].Add(time);
                }
            }
        }

        var states = ((AdamW)dense).state_dict().State.Cast<AdamW.State>();
        var moments = states.Sum(state => BytesOf(state.exp_avg) + BytesOf(state.exp_avg_sq));
        Console.WriteLine($"AdamW: {first.Layout.Elements:N0} parameters, {mask.Count:N0} in the mask, {steps} alternating steps of each");
        Console.WriteLine($"  dense            {Show(times[0])} ms, {moments:N0} bytes of moments");
        foreach (var (index, name, masked) in ((int, string, TorchMaskedOptimizer)[])[(1, "portable", portable), (2, "torch", torch)])
        {
            var ratios = times[0].Zip(times[index], (whole, part) => whole / part);
            Console.WriteLine($"  masked, {name,-8} {Show(times[index])} ms, {masked.StateBytes:N0} bytes of moments");
            Console.WriteLine($"    dense / masked {Show(ratios)} in time, {moments / masked.StateBytes:N0} in memory");
        }
    }

    private static Sequential Wide()
    {
        manual_seed(1);
        return nn.Sequential(
            nn.Linear(1024, 2048), nn.ReLU(), nn.Linear(2048, 2048), nn.ReLU(), nn.Linear(2048, 2048), nn.ReLU(), nn.Linear(2048, 10));
    }

    private static void Train(Sequential net, TorchMaskedOptimizer optimizer, Tensor inputs)
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        net.call(inputs).square().mean().backward();
        optimizer.step();
    }

    private static double Time(Action action, int times)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var time = 0; time < times; time++)
        {
            action();
        }

        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds / times;
    }

    private static long BytesOf(Tensor tensor) => tensor.numel() * tensor.ElementSize;

    private static string Show(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        string At(int quarter) => sorted[sorted.Length * quarter / 4].ToString("0.00", CultureInfo.InvariantCulture);
        return $"{At(2)} ({At(1)} to {At(3)})";
    }
}
