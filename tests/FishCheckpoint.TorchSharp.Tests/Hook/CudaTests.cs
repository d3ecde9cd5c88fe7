using FishCheckpoint.Masks;
using FishCheckpoint.Training;
using TorchSharp;
using Xunit;

namespace FishCheckpoint.TorchSharp.Tests.Hook;

/// <summary>
/// The same on a CUDA device. The way through tensor operations that these take is run on the host by the other tests too.
/// </summary>
public sealed class CudaTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Skip = Cuda.Reason, SkipUnless = nameof(Cuda.IsAvailable), SkipType = typeof(Cuda))]
    public void GatherReadWrite_AreExact()
    {
        using var host = torch.randn(40, 30);
        using var module = new Held([("w", host.cuda()), ("turned", host.cuda().t())]);
        using var model = new TorchModel(module);
        foreach (var (tensor, live) in model.Tensors.Select(tensor => tensor.Live).Index())
        {
            var (plain, values) = (Bits.Of(live), new byte[12]);
            model.Gather(new TensorMask(tensor, new long[] { 0, 31, 1199 }), values);
            Assert.Equal([.. plain[..4], .. plain[124..128], .. plain[^4..]], values);
            model.Write(tensor, 5, new byte[50]);
            var part = new byte[60];
            model.Read(tensor, 0, part);
            Assert.Equal([.. plain[..5], .. new byte[50], .. plain[55..60]], part);
        }
    }

    [Fact(Skip = Cuda.Reason, SkipUnless = nameof(Cuda.IsAvailable), SkipType = typeof(Cuda))]
    public void TiedParameters_AreFound()
    {
        using var net = new TiedNet(oneObject: false);
        net.cuda();
        net.Tie();
        using var model = new TorchModel(net);
        Assert.Equal(["embedding.weight"], model.Layout.Tensors.Select(tensor => tensor.Name));
    }

    [Fact(Skip = Cuda.Reason, SkipUnless = nameof(Cuda.IsAvailable), SkipType = typeof(Cuda))]
    public void Fisher_IsThatOfTheHost()
    {
        using var host = Classifier.Seeded(4);
        using var device = Classifier.Seeded(4);
        device.cuda();
        float[] SumsOf(Classifier net)
        {
            using var model = new TorchModel(net);
            return TorchFisher.Estimate(
                model, 8, example => net.call(Loop.Inputs.narrow(0, example, 1).to(net.parameters().First().device)),
                example => example % 3, null, Stop)
                .Scores(0).ToArray();
        }

        Assert.All(SumsOf(host).Zip(SumsOf(device)), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= (1e-3 * pair.First) + 1e-7));
    }

    [Fact(Skip = Cuda.Reason, SkipUnless = nameof(Cuda.IsAvailable), SkipType = typeof(Cuda))]
    public async Task SaveAndResume_OnTheDevice_ThenOnTheHost()
    {
        using var net = Classifier.Seeded(1);
        await using var temporary = await TemporaryStore.CreateAsync(net, "task");
        net.cuda();
        using var inputs = Loop.Inputs.cuda();
        using var model = new TorchModel(net);
        var mask = Bits.MaskOf(model, 0.2, 4);
        using var optimizer = TorchMaskedOptimizer.AdamW(model, mask);
        var options = new TorchHookOptions
        {
            Hook = new CheckpointHookOptions
            {
                SaveEverySteps = 2, Busy = BusyPolicy.Wait, SaveOnStop = false, OnLeak = LeakPolicy.Fail, LeakCheckEverySaves = 1,
            },
        };
        byte[] file, resumed;
        using (var hook = TorchHook.Attach(temporary.Store, "task", model, optimizer, mask, options))
        {
            Train(hook, 1, 8);
            await hook.CompleteAsync(Stop);
            file = temporary.FileOf(model);
        }

        Assert.Equal(file, await temporary.RestoreAsync("task", 8));
        using (var hook = TorchHook.Attach(temporary.Store, "task", model, optimizer, mask, options))
        {
            hook.Resume(Checkpoints.StepRef.At(4));
            Train(hook, 5, 8);
            resumed = temporary.FileOf(model);
        }

        Assert.Equal(file, resumed);
        net.cpu();
        using var onHost = TorchMaskedOptimizer.AdamW(model, mask);
        using var last = TorchHook.Attach(temporary.Store, "task", model, onHost, mask, options with { IncludeRng = false });
        Assert.Equal(8, last.Resume()!.Step);
        Assert.Equal(file, temporary.FileOf(model));

        void Train(TorchHook hook, int from, int to)
        {
            for (var step = from; step <= to; step++)
            {
                using var scope = torch.NewDisposeScope();
                optimizer.zero_grad();
                net.call(inputs).square().mean().backward();
                optimizer.step();
                hook.OnStep(step);
            }
        }
    }
}
