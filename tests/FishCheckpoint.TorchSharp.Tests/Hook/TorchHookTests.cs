using FishCheckpoint.Client;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Training;
using TorchSharp;
using Xunit;

namespace FishCheckpoint.TorchSharp.Tests.Hook;

public sealed class TorchHookTests
{
    private static readonly CheckpointHookOptions EveryStep = new()
    {
        SaveEverySteps = 1, Busy = BusyPolicy.Wait, SaveOnStop = false, OnWarning = _ => { },
    };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OnStep_EachStep_ComesBackAsTheFileThatTheModuleWas(bool masked)
    {
        using var net = Classifier.Seeded(1);
        await using var temporary = await TemporaryStore.CreateAsync(net, "task");
        using var model = new TorchModel(net);
        var mask = Bits.MaskOf(model, 0.2, 4);
        using torch.optim.Optimizer optimizer = masked ? TorchMaskedOptimizer.AdamW(model, mask)
            : torch.optim.AdamW(net.parameters(), weight_decay: 0);
        using var gradients = new MaskedGradients(model);
        using var hook = TorchHook.Attach(
            temporary.Store, "task", net, optimizer, mask,
            new TorchHookOptions { Hook = EveryStep with { OnLeak = LeakPolicy.Fail, LeakCheckEverySaves = 1 } });
        var files = new List<byte[]>();
        for (var step = 1; step <= 6; step++)
        {
            var loss = Loop.Backward(net, optimizer, step);
            gradients.Apply(mask);
            optimizer.step();
            Assert.Equal(StepOutcome.Queued, hook.OnStep(step, loss));
            files.Add(temporary.FileOf(model));
        }

        var summary = await hook.CompleteAsync(Stop);
        Assert.Equal((6, 0), (summary.Saved, summary.Failed));
        foreach (var (step, file) in files.Index())
        {
            Assert.Equal(file, await temporary.RestoreAsync("task", step + 1));
        }

        Assert.InRange((await temporary.Store.Checkpoints.GetAsync("task", Checkpoints.StepRef.Latest, Stop)).Metrics["loss"], 0.01, 10);
    }

    [Theory]
    [InlineData("masked", StepArithmetic.Portable)]
    [InlineData("masked", StepArithmetic.Torch)]
    [InlineData("dense", StepArithmetic.Automatic)]
    public async Task Resume_AnotherProcessWouldBe_GoesOnBitForBit(string kind, StepArithmetic arithmetic)
    {
        using var first = Classifier.Seeded(1);
        await using var temporary = await TemporaryStore.CreateAsync(first, "task");
        using var whole = new TorchModel(first);
        var mask = Bits.MaskOf(whole, 0.3, 4);
        torch.manual_seed(77);
        await Train(first, 1, 12, resume: false);
        var expected = Bits.Of(first);

        using var second = Classifier.Seeded(9);
        torch.manual_seed(78);
        await Train(second, 7, 12, resume: true);
        Assert.Equal(expected, Bits.Of(second));

        async Task Train(Classifier net, int from, int to, bool resume)
        {
            using var model = new TorchModel(net, mask.Layout);
            using torch.optim.Optimizer optimizer = kind == "masked"
                ? TorchMaskedOptimizer.AdamW(model, mask, new AdamWOptions { LearningRate = 0.05 }, arithmetic)
                : torch.optim.AdamW(net.parameters(), 0.05);
            var scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 12);
            using var gradients = new MaskedGradients(model);
            using var hook = TorchHook.Attach(temporary.Store, "task", model, optimizer, mask, new TorchHookOptions
            {
                Hook = EveryStep with { SaveEverySteps = 3, Overwrite = resume }, Scheduler = scheduler,
            });
            if (resume)
            {
                var resumption = hook.Resume(Checkpoints.StepRef.At(6));
                Assert.Equal((6L, true), (resumption!.Step, resumption.StateRestored));
            }

            for (var step = from; step <= to; step++)
            {
                using var scope = torch.NewDisposeScope();
                optimizer.zero_grad();

                // Dropout draws from torch's own generator, which is not seeded again.
                net.call(Loop.Inputs).square().mean().backward();
                gradients.Apply(mask);
                optimizer.step();
                scheduler.step();
                hook.OnStep(step);
            }

            await hook.CompleteAsync(Stop);
        }
    }

    [Fact]
    public async Task LeakCheck_WeightDecayAfterGradientMasking_IsFound()
    {
        using var net = Classifier.Seeded(1);
        await using var temporary = await TemporaryStore.CreateAsync(net, "task");
        using var model = new TorchModel(net);
        var mask = Bits.MaskOf(model, 0.2, 4);
        using var optimizer = torch.optim.SGD(net.parameters(), 0.1, weight_decay: 0.1);
        using var gradients = new MaskedGradients(model);
        using var hook = TorchHook.Attach(temporary.Store, "task", net, optimizer, mask, new TorchHookOptions { Hook = EveryStep });
        Loop.Backward(net, optimizer, 1);
        gradients.Apply(mask);
        optimizer.step();
        hook.OnStep(1);
        await hook.CompleteAsync(Stop);

        var leak = Assert.Single(hook.Hook.Reports).Leak!;
        Assert.Contains("first.weight", leak.Tensors.Select(tensor => tensor.Name));
        Assert.DoesNotContain("norm.running_mean", leak.Tensors.Select(tensor => tensor.Name));
        var off = model.Layout.Tensors.Where(model.Trains).Sum(tensor => tensor.Units) - mask.Count;
        Assert.InRange(leak.Count, off / 2, off);

        using var strict = TorchHook.Attach(
            temporary.Store, "task", net, optimizer, mask,
            new TorchHookOptions { Hook = EveryStep with { OnLeak = LeakPolicy.Fail, NewRun = true } });
        Assert.Equal(ErrorCode.MaskLeak, Assert.Throws<FishException>(() => strict.OnStep(2)).Code);
    }

    [Fact]
    public async Task SetMask_TellsTheOptimizer_AndResumesWithIt()
    {
        using var net = Classifier.Seeded(1);
        await using var temporary = await TemporaryStore.CreateAsync(net, "task");
        using var model = new TorchModel(net);
        var (before, after) = (Bits.MaskOf(model, 0.2, 4), Bits.MaskOf(model, 0.2, 5));
        byte[] expected;
        using (var optimizer = TorchMaskedOptimizer.Adam(model, before))
        using (
            var hook = TorchHook.Attach(
                temporary.Store, "task", model, optimizer, before,
                new TorchHookOptions { Hook = EveryStep with { OnLeak = LeakPolicy.Fail, LeakCheckEverySaves = 1 } }))
        {
            for (var step = 1; step <= 8; step++)
            {
                Loop.Backward(net, optimizer, step);
                optimizer.step();
                hook.OnStep(step);
                if (step == 3)
                {
                    hook.SetMask(after);
                }
            }

            Assert.Equal(after.Id, optimizer.SteppedMask.Id);
            await hook.CompleteAsync(Stop);
            expected = Bits.Of(net);
        }

        using var again = TorchMaskedOptimizer.Adam(model, before);
        using var resumed = TorchHook.Attach(
            temporary.Store, "task", model, again, before, new TorchHookOptions { Hook = EveryStep with { Overwrite = true } });
        await resumed.ResumeAsync(Checkpoints.StepRef.At(6), Stop);
        Assert.Equal(after.Id, again.SteppedMask.Id);
        for (var step = 7; step <= 8; step++)
        {
            Loop.Backward(net, again, step);
            again.step();
            resumed.OnStep(step);
        }

        await resumed.CompleteAsync(Stop);
        Assert.Equal(expected, Bits.Of(net));
    }

    [Fact]
    public async Task Attach_TiedParameters_AreSavedUnderEachName()
    {
        using var net = new TiedNet(oneObject: true);
        await using var temporary = await TemporaryStore.CreateAsync(net, "task");
        using var model = new TorchModel(net);
        var mask = Mask.Create(model.Layout, [new TensorMask(0, new long[] { 0, 5, 19 })]);
        using var optimizer = TorchMaskedOptimizer.Sgd(model, mask);
        using var hook = TorchHook.Attach(
            temporary.Store, "task", net, optimizer, mask, new TorchHookOptions { Hook = EveryStep with { OnLeak = LeakPolicy.Fail } });
        net.call(torch.tensor(new long[] { 0, 1, 4 })).square().sum().backward();
        optimizer.step();
        hook.OnStep(1);
        await hook.CompleteAsync(Stop);
        Assert.Equal(temporary.FileOf(model), await temporary.RestoreAsync("task", 1));
    }

    [Fact]
    public async Task Train_ServerThatHangs_IsNeitherHeldUpNorAtItsEnd()
    {
        using var net = Classifier.Seeded(1);
        using var model = new TorchModel(net);
        var mask = Bits.MaskOf(model, 0.2, 4);
        using var optimizer = TorchMaskedOptimizer.AdamW(model, mask);
        var limit = TimeSpan.FromSeconds(0.2);
        await using var server = new ScriptedServer(ScriptedServer.Silent);
        await using var client = FishClient.Connect(server.Address, new FishClientOptions { IdleTimeout = limit });
        var hook = TorchHook.Attach(client, "task", net, optimizer, mask, new TorchHookOptions
        {
            Hook = EveryStep with { RetryFor = limit, RetryDelay = TimeSpan.FromMilliseconds(10) },
        });
        Assert.Equal(Errors.ErrorCode.ServerUnavailable, Assert.Throws<FishException>(() => hook.Resume()).Code);
        for (var step = 1; step <= 5; step++)
        {
            hook.OnStep(step, Loop.Backward(net, optimizer, step));
        }

        Assert.Null(await hook.SaveAsync(cancellation: Stop));
        hook.Dispose();
        Assert.InRange(hook.Hook.Summary.Failed, 1, 3);
    }

    [Fact]
    public async Task Attach_SectionTaken_OrNoState_IsRefused()
    {
        using var net = Classifier.Seeded(1);
        await using var temporary = await TemporaryStore.CreateAsync(net, "task");
        using var model = new TorchModel(net);
        var mask = Bits.MaskOf(model, 0.2, 4);
        using var optimizer = torch.optim.Adam(net.parameters());
        using var lbfgs = torch.optim.LBFGS(net.parameters());
        var own = new Dictionary<string, IResumable> { ["rng"] = new SeededRandom(1) };
        Assert.Throws<ArgumentException>(
            () => TorchHook.Attach(
                temporary.Store, "task", net, optimizer, mask, new TorchHookOptions { Hook = EveryStep with { State = own } }));
        Assert.Throws<FishException>(() => TorchHook.Attach(temporary.Store, "task", net, lbfgs, mask));
        using var without = TorchHook.Attach(
            temporary.Store, "task", net, lbfgs, mask, new TorchHookOptions { Hook = EveryStep, IncludeOptimizer = false });
        Assert.Equal(mask.Id, without.Mask.Id);
    }

    [Theory]
    [InlineData(StepArithmetic.Portable)]
    [InlineData(StepArithmetic.Torch)]
    public async Task OnStep_HundredSaves_LeaveNoTensors(StepArithmetic arithmetic)
    {
        using var net = Classifier.Seeded(1);
        await using var temporary = await TemporaryStore.CreateAsync(net, "task");
        using var model = new TorchModel(net);
        var mask = Bits.MaskOf(model, 0.2, 4);
        using var optimizer = TorchMaskedOptimizer.AdamW(model, mask, null, arithmetic);
        using var hook = TorchHook.Attach(
            temporary.Store, "task", net, optimizer, mask, new TorchHookOptions { Hook = EveryStep with { LeakCheckEverySaves = 10 } });
        var step = 0;
        TensorCount.AssertStable(100, () =>
        {
            Loop.Backward(net, optimizer, ++step);
            optimizer.step();
            Assert.Equal(StepOutcome.Queued, hook.OnStep(step));
        });
        await hook.CompleteAsync(Stop);
    }
}
