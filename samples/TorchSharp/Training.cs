using System.Diagnostics;
using FishCheckpoint.Storage;
using FishCheckpoint.TorchSharp;
using FishCheckpoint.Training;
using static TorchSharp.torch;

namespace FishCheckpoint.Samples.TorchSharp;

/// <summary>The training loop: from the newest checkpoint to the end, or to a crash.</summary>
internal static class Training
{
    public const int Steps = 60;
    public const int SaveEvery = 5;

    public const double Turn = Math.Tau / 10;

    private const int Batch = 32;

    /// <summary>Trains all values of a net on the first task: the base.</summary>
    public static void Pretrain(Net net, Points points)
    {
        using var optimizer = optim.Adam(net.parameters(), 0.01);
        var shuffle = new Shuffle(Points.Count, seed: 1);
        for (var step = 0; step < 300; step++)
        {
            Step(net, points, optimizer, shuffle);
        }
    }

    /// <summary>Fine-tunes the base on a task and saves checkpoints.</summary>
    /// <param name="folder">The folder of the store, the base and the mask.</param>
    /// <param name="task">The task.</param>
    /// <param name="crashAfter">The step after which the process kills itself; 0 for none.</param>
    public static async Task FineTuneAsync(string folder, string task, int crashAfter)
    {
        await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Path.Combine(folder, "data") });
        using var points = new Points(Turn, seed: 2);
        manual_seed(20);
        using var net = new Net();
        using var model = new TorchModel(net);
        model.LoadFile(Path.Combine(folder, "base.safetensors"));
        var mask = MaskFile.Read(Path.Combine(folder, "mask.safetensors"), model.Layout);
        using var optimizer = TorchMaskedOptimizer.AdamW(model, mask, new AdamWOptions { LearningRate = 0.02 });
        var schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, Steps);
        var shuffle = new Shuffle(Points.Count, seed: 3);

        using var hook = TorchHook.Attach(store, task, model, optimizer, mask, new TorchHookOptions
        {
            Hook = new CheckpointHookOptions
            {
                SaveEverySteps = SaveEvery,
                Busy = BusyPolicy.Wait,
                State = new Dictionary<string, IResumable>(StringComparer.Ordinal) { ["shuffle"] = shuffle },
            },
            Scheduler = schedule,
        });

        var done = hook.Resume()?.Step ?? 0;
        Console.WriteLine(done == 0 ? "  starts at the base" : $"  continues from step {done}");
        for (var step = done + 1; step <= Steps; step++)
        {
            var loss = Step(net, points, optimizer, shuffle);
            schedule.step();
            hook.OnStep(step, loss);

            // For the comparison below; a real loop writes no such file.
            if (step % SaveEvery == 0)
            {
                model.SaveFile(Path.Combine(folder, $"{task}-{step}.safetensors"));
            }

            if (step == crashAfter)
            {
                Console.WriteLine($"  killed (SIGKILL) after step {step}");
                using var self = Process.GetCurrentProcess();
                self.Kill();
            }
        }

        var summary = await hook.CompleteAsync();
        Console.WriteLine(
            $"  done: step {Steps}, {points.Accuracy(net):P1} accuracy; {summary.Saved} saves stalled the loop for "
            + $"{summary.Stall.TotalMilliseconds:F1} ms in total");
    }

    private static double Step(Net net, Points points, optim.Optimizer optimizer, Shuffle shuffle)
    {
        using var scope = NewDisposeScope();
        var rows = tensor(shuffle.Next(Batch));
        optimizer.zero_grad();
        var loss = nn.functional.cross_entropy(net.call(points.Places.index_select(0, rows)), points.Truth.index_select(0, rows));
        loss.backward();
        optimizer.step();
        return loss.item<float>();
    }
}
