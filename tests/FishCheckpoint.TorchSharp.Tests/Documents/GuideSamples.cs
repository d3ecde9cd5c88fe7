using FishCheckpoint.Masks;
using FishCheckpoint.Stores;
using FishCheckpoint.Training;
using static TorchSharp.torch;

namespace FishCheckpoint.TorchSharp.Tests.Documents;

/// <summary>The C# of the TorchSharp guide, so that it compiles.</summary>
internal static class GuideSamples
{
    public static async Task TrainAsync(
        IFishStore store, nn.Module<Tensor, Tensor> module, optim.Optimizer optimizer, Mask mask, optim.lr_scheduler.LRScheduler scheduler,
        long steps, double loss)
    {
        using var hook = TorchHook.Attach(store, "sst2", module, optimizer, mask, new() { Scheduler = scheduler });
        var done = hook.Resume()?.Step ?? 0;
        for (var step = done + 1; step <= steps; step++)
        {
            // forward, backward, optimizer.step(), scheduler.step()
            hook.OnStep(step, loss);      // last: it saves what the next step will find
        }

        await hook.CompleteAsync();
    }

    public static Mask MaskOf(nn.Module<Tensor, Tensor> module, Tensor[] inputs, int[] labels, int examples)
    {
        using var model = new TorchModel(module);
        var fisher = TorchFisher.Estimate(model, examples, example => module.call(inputs[example]), example => labels[example]);
        var mask = MaskSelection.Fish(fisher, model.Rule(0.005));
        using var optimizer = TorchMaskedOptimizer.AdamW(model, mask, new AdamWOptions { LearningRate = 2e-5 });
        return mask;
    }

    public static void Attach(IFishStore store, nn.Module module, optim.Optimizer optimizer, Mask mask, long step, double loss)
    {
        using var hook = TorchHook.Attach(store, "sst2", module, optimizer, mask);
        hook.OnStep(step, loss);
    }
}
