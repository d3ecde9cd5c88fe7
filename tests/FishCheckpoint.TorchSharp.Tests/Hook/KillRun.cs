using System.Security.Cryptography;
using FishCheckpoint.Storage;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp.Tests;

/// <summary>The training that <see cref="KillTests"/> kills: from wherever its store says, to its end.</summary>
internal static class KillRun
{
    public const string Task = "task";
    public const int Seed = 11;

    private const int Steps = 400;
    private const int Batch = 6;

    public static async Task TrainAsync(string folder, Action<string> say)
    {
        await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Path.Combine(folder, "data") });
        using var net = Classifier.Seeded(Seed);
        using var model = new TorchModel(net);
        model.LoadFile(Path.Combine(folder, "base.safetensors"));
        var mask = Bits.MaskOf(model, 0.25, 4);
        using var optimizer = TorchMaskedOptimizer.AdamW(model, mask, new AdamWOptions { LearningRate = 0.05 });
        var scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, Steps);
        var sampler = new Sampler(32, seed: 5);
        torch.manual_seed(123);
        using var hook = TorchHook.Attach(store, Task, model, optimizer, mask, new TorchHookOptions
        {
            Hook = new CheckpointHookOptions
            {
                SaveEverySteps = 2, Busy = BusyPolicy.Wait, SaveOnStop = false, OnLeak = LeakPolicy.Fail, LeakCheckEverySaves = 5,
                State = new Dictionary<string, IResumable>(StringComparer.Ordinal) { ["sampler"] = sampler },
            },
            Scheduler = scheduler,
        });
        var done = hook.Resume()?.Step ?? 0;
        say($"resumed {done}");
        for (var step = done + 1; step <= Steps; step++)
        {
            var loss = Train(net, optimizer, sampler);
            scheduler.step();

            // Last, when everything is as the next step will find it.
            hook.OnStep(step, loss);
            say($"step {step}");
        }

        await hook.CompleteAsync();
        say($"done {Convert.ToHexString(SHA256.HashData(Bits.Of(net)))}");
    }

    private static double Train(Classifier net, TorchMaskedOptimizer optimizer, Sampler sampler)
    {
        using var scope = torch.NewDisposeScope();
        using var rows = torch.tensor(sampler.Next(Batch));
        optimizer.zero_grad();
        var loss = torch.nn.functional.cross_entropy(net.call(Loop.Inputs.index_select(0, rows)), rows.remainder(Classifier.Labels));
        loss.backward();
        optimizer.step();
        return loss.item<float>();
    }

    /// <summary>Gives examples in an order that is shuffled again for each pass; batches run across passes.</summary>
    private sealed class Sampler(int examples, long seed) : IResumable
    {
        private readonly SeededRandom random = new(seed);
        private readonly long[] order = [.. Enumerable.Range(0, examples).Select(example => (long)example)];
        private int next = examples;

        public long[] Next(int count)
        {
            var batch = new long[count];
            for (var index = 0; index < count; index++)
            {
                if (next == order.Length)
                {
                    random.Shuffle(order.AsSpan());
                    next = 0;
                }

                batch[index] = order[next++];
            }

            return batch;
        }

        public void SaveTo(StateSection state)
        {
            random.SaveTo(state);
            state.Set("order", order);
            state.Set("next", (long)next);
        }

        public void LoadFrom(StateSection state)
        {
            random.LoadFrom(state);
            state.Longs("order", order.Length).CopyTo(order);
            next = (int)state.Long("next");
        }
    }
}
