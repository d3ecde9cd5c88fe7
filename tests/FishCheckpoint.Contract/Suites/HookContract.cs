using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>A training run with a hook on this store: what it saves comes back, and what is resumed goes on bit for bit.</summary>
[Trait("Category", TestedStore.LongSuites)]
public class HookContract : CheckpointStoreContract
{
    private readonly List<string> warnings = [];

    [Fact]
    public async Task Hook_EveryStep_RestoresWhatTheTrainerHeld()
    {
        var (trainer, held) = (await BeginAsync(), new Dictionary<long, byte[]>());
        await using var hook = Hook(trainer, EveryStep);
        for (var step = 1; step <= 12; step++)
        {
            var loss = trainer.Step(step);
            Assert.Equal(StepOutcome.Queued, hook.OnStep(step, new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = loss }));
            held[step] = trainer.ToFile();
        }

        await hook.CompleteAsync(Stop);
        foreach (var (step, file) in held)
        {
            Assert.Equal(file, await Store.RestoreAsync("tiny", step));
        }

        Assert.Equal(0, hook.Reports[0].Leak!.Count);
        Assert.Empty(warnings);
        var infos = (await Store.Checkpoints.ListAsync("tiny", new PageRequest(), Stop).ReadPageAsync()).Items;
        Assert.All(infos, info => Assert.Equal(("base", hook.Reports[0].Changed), (info.Parent, info.Changed)));
        Assert.All(infos.Skip(1), info => Assert.Equal(info.ValueBytes + info.TrainerStateBytes, info.StoredBytes));
    }

    [Fact]
    public async Task Hook_WithSideFiles_GivesThemToEachCheckpointAsTheyAre()
    {
        var trainer = await BeginAsync();
        var folder = Directory.CreateDirectory(Path.Combine(Folder, "side", "sub")).Parent!.FullName;
        foreach (var (name, text) in new[] { ("config.json", "{}"), ("sub/vocab.txt", "words"), ("model.safetensors", "x"),
            ("optimizer.pt", "x"), (".hidden", "x") })
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), text, Stop);
        }

        await using var hook = Hook(trainer, EveryStep with { SideFiles = SideFile.InFolder(folder) });
        for (var step = 1; step <= 3; step++)
        {
            trainer.Step(step);
            hook.OnStep(step);
            await hook.SaveAsync(cancellation: Stop);
            await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), $"after {step}", Stop);
        }

        await hook.CompleteAsync(Stop);
        for (var step = 1; step <= 3; step++)
        {
            await using var reader = await Store.States.OpenAsync("tiny", StepRef.At(step), Stop);
            Assert.Equal(["config.json", "model.safetensors", "sub/vocab.txt"], reader.Files.Select(file => file.Name));
            Assert.Equal(step == 1 ? "{}" : $"after {step - 1}",
                System.Text.Encoding.UTF8.GetString(await reader.ReadAsync("config.json")));
        }

        var error = Assert.Throws<FishException>(() => Hook(trainer,
            EveryStep with { SideFiles = [new SideFile("a.txt", Path.Combine(folder, "gone"))] }));
        Assert.Equal(ErrorCode.FileNotFound, error.Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    public async Task Resume_FromAnyStep_GoesOnBitForBit(int step)
    {
        var whole = await BeginAsync();
        Run(whole, null, 1, 40);
        var first = New();
        await using (var hook = Hook(first, new CheckpointHookOptions { SaveEverySteps = step }))
        {
            Run(first, hook, 1, step);
            await hook.CompleteAsync(Stop);
        }

        var second = New();
        second.Step(99);
        await using var resumed = Hook(second, EveryStep);
        var from = await resumed.ResumeAsync(cancellation: Stop);
        Assert.Equal((step, true), (from!.Step, from.StateRestored));
        Assert.Equal(first.ToFile(), second.ToFile());
        Run(second, resumed, step + 1, 40);
        await resumed.CompleteAsync(Stop);

        Assert.Equal(whole.ToFile(), second.ToFile());
        Assert.Equal(whole.ToFile(), await Store.RestoreAsync("tiny", 40));
        Assert.Equal("base", (await Store.Checkpoints.GetAsync("tiny", StepRef.Latest, Stop)).Parent);
        Assert.Empty(warnings);
    }

    [Fact]
    public async Task Resume_MaskThatChanges_GoesOnWithTheMaskOfTheMoment()
    {
        CheckpointHookOptions Options(TinyTrainer trainer) => new()
        {
            SaveEverySteps = 3, RecomputeMaskEverySaves = 2, MaskSource = trainer.DrawMask, OnMaskChanged = trainer.SetMask,
                LeakCheckEverySaves = 1, OnLeak = LeakPolicy.Fail,
        };

        var whole = await BeginAsync("whole");
        await using (var hook = Hook(whole, Options(whole), "whole"))
        {
            Run(whole, hook, 1, 40);
            await hook.CompleteAsync(Stop);
        }

        await Store.Tasks.PutAsync("tiny", new TaskSpec("tiny"), Stop);
        TinyTrainer trainer = null!;
        for (var round = 0; round < 6; round++)
        {
            trainer = New();
            await using var hook = Hook(trainer, Options(trainer) with { SaveAtEnd = false });
            var from = await hook.ResumeAsync(cancellation: Stop);
            Run(trainer, hook, (from?.Step ?? 0) + 1, Math.Min(40, (7 * round) + 5));
        }

        Assert.Equal(whole.ToFile(), trainer.ToFile());
        foreach (var info in (await Store.Checkpoints.ListAsync("tiny", new PageRequest(), Stop).ReadPageAsync()).Items)
        {
            Assert.Equal(await Store.RestoreAsync("whole", info.Step), await Store.RestoreAsync("tiny", info.Step));
            Assert.InRange(info.Depth, 1, 8);
        }
    }

    [Fact]
    public async Task Resume_AnotherCheckpointHasTheNumberOfTheAnchor_IsNotTakenForIt()
    {
        CheckpointHookOptions Options(TinyTrainer trainer) => new()
        {
            SaveEverySteps = 3, RecomputeMaskEverySaves = 2, MaskSource = trainer.DrawMask, OnMaskChanged = trainer.SetMask,
                LeakCheckEverySaves = 1, OnLeak = LeakPolicy.Fail,
        };

        var trainer = await BeginAsync();
        await using (var hook = Hook(trainer, Options(trainer)))
        {
            Run(trainer, hook, 1, 9);
            await hook.CompleteAsync(Stop);
        }

        // The parent of the last one is deleted, and another one gets its number.
        var latestInfo = await Store.Checkpoints.GetAsync("tiny", StepRef.Latest, Stop);
        Assert.Equal((9, "6"), (latestInfo.Step, latestInfo.Parent));
        Assert.Equal((await Store.Checkpoints.GetAsync("tiny", StepRef.At(6), Stop)).State, latestInfo.ParentState);
        Assert.Null((await Store.Checkpoints.GetAsync("tiny", StepRef.At(3), Stop)).ParentState);
        await Store.Checkpoints.DeleteAsync("tiny", StepRef.At(6), Stop);
        await using (var hook = Hook(New(), new CheckpointHookOptions { Overwrite = true }))
        {
            hook.OnStep(6);
            await hook.CompleteAsync(Stop);
        }

        var resumed = New();
        await using var again = Hook(resumed, Options(resumed));
        Assert.Equal(9, (await again.ResumeAsync(StepRef.At(9), Stop))!.Step);
        Run(resumed, again, 10, 12);
        await again.CompleteAsync(Stop);
        Assert.Equal("9", (await Store.Checkpoints.GetAsync("tiny", StepRef.Latest, Stop)).Parent);
        Assert.Equal(resumed.ToFile(), await Store.RestoreAsync("tiny", 12));
    }

    [Fact]
    public async Task Resume_NoCheckpoint_IsABeginning()
    {
        var trainer = await BeginAsync();
        var before = trainer.ToFile();
        await using var hook = Hook(trainer, EveryStep);

        Assert.Null(await hook.ResumeAsync(cancellation: Stop));
        Assert.Equal(before, trainer.ToFile());
        await RefusedAsync(ErrorCode.CheckpointNotFound, () => hook.ResumeAsync(StepRef.At(3), Stop));
    }

    [Fact]
    public async Task Resume_ChosenStep_GoesBackToIt()
    {
        var (trainer, held) = (await BeginAsync(), Array.Empty<byte>());
        await using (var hook = Hook(trainer, EveryStep))
        {
            Run(trainer, hook, 1, 3);
            held = trainer.ToFile();
            Run(trainer, hook, 4, 6);
            await hook.CompleteAsync(Stop);
        }

        await using var resumed = Hook(trainer, EveryStep);
        Assert.Equal(3, (await resumed.ResumeAsync(StepRef.At(3), Stop))!.Step);
        Assert.Equal(held, trainer.ToFile());
    }

    [Fact]
    public async Task Resume_AnotherMaskOrModel_IsRefused()
    {
        var trainer = await BeginAsync();
        await using (var hook = Hook(trainer, EveryStep))
        {
            Run(trainer, hook, 1, 1);
            await hook.CompleteAsync(Stop);
        }

        var other = New();
        other.SetMask(other.DrawMask());
        await using var masked = Hook(other, EveryStep);
        await RefusedAsync(ErrorCode.StateMismatch, () => masked.ResumeAsync(cancellation: Stop));

        await using var based = Hook(New(), EveryStep with { ExpectedBase = Digest.Of("other"u8) });
        await RefusedAsync(ErrorCode.BaseMismatch, () => based.ResumeAsync(cancellation: Stop));

        var small = new Layout([new TensorInfo("w", DType.F32, [2])]);
        await using var shaped = new CheckpointHook(
            Store, "tiny", Mask.Dense(small), _ => new byte[8], new CheckpointHookOptions { SaveOnStop = false, OnWarning = warnings.Add });
        await RefusedAsync(ErrorCode.LayoutMismatch, () => shaped.ResumeAsync(cancellation: Stop));
    }

    [Fact]
    public async Task Resume_WithoutTrainerState_RestoresTheModelAndSaysSo()
    {
        var trainer = await BeginAsync();
        await using (
            var hook = Hook(trainer, EveryStep with { State = new Dictionary<string, IResumable>(StringComparer.Ordinal) }, state: false))
        {
            Run(trainer, hook, 1, 2);
            await hook.CompleteAsync(Stop);
        }

        var again = New();
        await using var resumed = Hook(again, EveryStep);
        var from = await resumed.ResumeAsync(cancellation: Stop);
        Assert.Equal((2, false, 1), (from!.Step, from.StateRestored, from.Warnings.Count));
        Assert.Equal(trainer.ToFile(), again.ToFile());
    }

    [Fact]
    public async Task Run_ThatDidNotResume_IsRefusedBeforeItSaves()
    {
        var first = await BeginAsync();
        string run;
        await using (var hook = Hook(first, EveryStep))
        {
            run = hook.Run;
            Run(first, hook, 1, 3);
            await hook.CompleteAsync(Stop);
        }

        var second = New();
        second.Step(50);
        await using var mixed = Hook(second, EveryStep);
        var refused = Assert.Throws<FishException>(() => mixed.OnStep(4));
        Assert.Equal(ErrorCode.RunTaken, refused.Code);
        Assert.Contains("ResumeAsync", refused.Hint, StringComparison.Ordinal);
        Assert.Equal(3, (await Store.Checkpoints.GetAsync("tiny", StepRef.Latest, Stop)).Step);

        // Once it resumes, it goes on with the id of the run.
        Assert.Equal(3, (await mixed.ResumeAsync(cancellation: Stop))!.Step);
        Run(second, mixed, 4, 4);
        await mixed.CompleteAsync(Stop);
        Assert.Equal((run, run), (mixed.Run, (await Store.Checkpoints.GetAsync("tiny", StepRef.At(4), Stop)).Metadata["run"]));
        Assert.Equal(run, (await Store.Checkpoints.GetAsync("tiny", StepRef.At(1), Stop)).Metadata["run"]);
    }

    [Fact]
    public async Task Run_AnotherOne_AddsStepsOrReplacesThemByItsOptions()
    {
        var first = await BeginAsync();
        await using (var hook = Hook(first, EveryStep))
        {
            Run(first, hook, 1, 3);
            await hook.CompleteAsync(Stop);
        }

        var other = New();
        other.Step(77);
        await using (var added = Hook(other, EveryStep with { NewRun = true }))
        {
            Assert.Equal(ErrorCode.RunTaken, Assert.Throws<FishException>(() => added.OnStep(3)).Code);
            Assert.Equal(ErrorCode.RunTaken, Assert.Throws<FishException>(() => added.OnStep(0)).Code);
            added.OnStep(4);
            await added.CompleteAsync(Stop);
        }

        // Two that begin at once: the second to save a step gets the error with its next one.
        await Store.Tasks.PutAsync("two", new TaskSpec("tiny"), Stop);
        await using (var one = Hook(first, EveryStep with { ThrowOnComplete = false }, "two"))
        await using (var two = Hook(other, EveryStep with { ThrowOnComplete = false }, "two"))
        {
            one.OnStep(1);
            Assert.Null((await one.SaveAsync(cancellation: Stop))!.Error);
            Assert.Equal(ErrorCode.RunTaken, Assert.Throws<FishException>(() => two.OnStep(1)).Code);
        }

        await using var replacing = Hook(other, EveryStep with { Overwrite = true });
        replacing.OnStep(3);
        await replacing.CompleteAsync(Stop);
        var info = await Store.Checkpoints.GetAsync("tiny", StepRef.At(3), Stop);
        Assert.Equal((replacing.Run, true), (info.Metadata["run"], replacing.Reports[0].Created));
        Assert.Equal(other.ToFile(), await Store.RestoreAsync("tiny", 3));
    }

    [Fact]
    public async Task Run_AnotherBeginsMeanwhile_IsRefusedWithItsNextSave()
    {
        var (first, other) = (await BeginAsync(), New());
        await using var one = Hook(first, EveryStep with { ThrowOnComplete = false });
        await using var two = Hook(other, EveryStep with { ThrowOnComplete = false });
        Assert.Null(await one.ResumeAsync(cancellation: Stop));
        Assert.Null(await two.ResumeAsync(cancellation: Stop));
        one.OnStep(3);
        Assert.Null((await one.SaveAsync(cancellation: Stop))!.Error);

        // Neither above nor below the other's step is anything stored.
        foreach (var step in new[] { 2, 4 })
        {
            Assert.Equal(ErrorCode.RunTaken, await CodeOfAsync(two, step));
        }

        var refused = Assert.Throws<FishException>(() => two.OnStep(5));
        Assert.Equal(ErrorCode.RunTaken, refused.Code);
        Assert.Contains(one.Run, refused.Cause, StringComparison.Ordinal);
        Assert.Equal("3", await StepsAsync());

        // It goes on from the other's step once it resumes.
        Assert.Equal(3, (await two.ResumeAsync(cancellation: Stop))!.Step);
        Run(other, two, 4, 4);
        await two.CompleteAsync(Stop);
        Assert.Equal(("3 4", one.Run), (await StepsAsync(), two.Run));

        async Task<ErrorCode> CodeOfAsync(CheckpointHook hook, long step)
        {
            try
            {
                hook.OnStep(step);
            }
            catch (FishException error)
            {
                return error.Code;
            }

            return Assert.IsType<FishException>((await hook.SaveAsync(cancellation: Stop))!.Error).Code;
        }
    }

    [Fact]
    public async Task Resume_TheRunThatSavedLastIsBelowAnothersSteps_GoesOnWithIt()
    {
        var first = await BeginAsync();
        await using (var hook = Hook(first, new CheckpointHookOptions { SaveEverySteps = 5 }))
        {
            Run(first, hook, 1, 20);
            await hook.CompleteAsync(Stop);
        }

        var other = New();
        other.Step(77);
        await using (var replacing = Hook(other, new CheckpointHookOptions { SaveEverySteps = 5, Overwrite = true }))
        {
            Run(other, replacing, 1, 12);
            await replacing.CompleteAsync(Stop);
        }

        var again = New();
        await using var refused = Hook(again, EveryStep with { SaveOnError = false });
        var resumed = await refused.ResumeAsync(cancellation: Stop);
        Assert.Equal(12, resumed!.Step);
        Assert.Equal(other.ToFile(), await Store.RestoreAsync("tiny", 12));
        Assert.Equal(other.ToFile(), again.ToFile());
        Assert.Contains("step 20 belongs to another run", Assert.Single(resumed.Warnings), StringComparison.Ordinal);
        Assert.Equal(ErrorCode.RunTaken, Assert.Throws<FishException>(() => refused.OnStep(13)).Code);

        await using var chosen = Hook(again, EveryStep);
        Assert.Equal(20, (await chosen.ResumeAsync(StepRef.At(20), Stop))!.Step);
        Assert.Equal(first.ToFile(), again.ToFile());
    }

    [Fact]
    public async Task Run_StepThatIsNotAfterTheResumedOne_IsRefused()
    {
        var trainer = await BeginAsync();
        await using (var hook = Hook(trainer, new CheckpointHookOptions { SaveEverySteps = 5 }))
        {
            Run(trainer, hook, 1, 10);
            await hook.CompleteAsync(Stop);
        }

        await using var resumed = Hook(trainer, EveryStep with { ThrowOnComplete = false });
        await resumed.ResumeAsync(cancellation: Stop);
        foreach (var step in new[] { 7, 10 })
        {
            Assert.Equal(ErrorCode.StepTaken, Assert.Throws<FishException>(() => resumed.OnStep(step)).Code);
        }

        Assert.Equal("5 10", await StepsAsync());
    }

    [Fact]
    public async Task Retention_OfANewRun_LeavesTheOtherRunsSteps()
    {
        var first = await BeginAsync();
        await using (var hook = Hook(first, EveryStep))
        {
            Run(first, hook, 1, 3);
            await hook.CompleteAsync(Stop);
        }

        await using var added = Hook(first, EveryStep with { NewRun = true, KeepLast = 1, QueueCapacity = 1 });
        Run(first, added, 4, 6);
        await added.CompleteAsync(Stop);
        Assert.Equal("1 2 3 6", await StepsAsync());
    }

    [Fact]
    public async Task Run_ThatGoesBackBeforeLaterSteps_ReplacesThemOnlyIfItIsAskedTo()
    {
        var first = await BeginAsync();
        await using (var hook = Hook(first, EveryStep))
        {
            Run(first, hook, 1, 5);
            await hook.CompleteAsync(Stop);
        }

        var second = New();
        await using (var refused = Hook(second, EveryStep))
        {
            await refused.ResumeAsync(StepRef.At(2), Stop);
            var error = Assert.Throws<FishException>(() => refused.OnStep(3));
            Assert.Equal(ErrorCode.RunTaken, error.Code);
            Assert.Contains("up to 5", error.Cause, StringComparison.Ordinal);
        }

        Assert.Equal(5, (await Store.Checkpoints.ListAsync("tiny", new PageRequest(), Stop).ReadPageAsync()).Items.Count);

        await using var resumed = Hook(second, EveryStep with { Overwrite = true });
        await resumed.ResumeAsync(StepRef.At(2), Stop);
        Run(second, resumed, 3, 6);
        await resumed.CompleteAsync(Stop);
        Assert.Equal([3L, 4L, 5L, 6L], resumed.Reports.Where(report => report.Error is null).Select(report => report.Step));
        Assert.Equal(first.ToFile(), await Store.RestoreAsync("tiny", 5));
    }

    [Fact]
    public async Task Model_OfAnotherLayout_IsRefusedWithEveryDifferenceBeforeTheFirstSave()
    {
        await BeginAsync();
        var other = new Layout(
        [
            new TensorInfo("fc1.weight", DType.F16, [24, 16]), new TensorInfo("fc1.bias", DType.F32, [25]),
            new TensorInfo("head.weight", DType.F32, [2]),
            new TensorInfo("fc2.bias", DType.F32, [5]), new TensorInfo("bn.running_mean", DType.F32, [24]),
            new TensorInfo("bn.num_batches_tracked", DType.I64, [1]),
        ]);
        await using var hook = new CheckpointHook(
            Store, "tiny", Mask.Dense(other), tensor => new byte[other.Tensors[tensor].Bytes],
            new CheckpointHookOptions { SaveEverySteps = 100, SaveOnStop = false, OnWarning = warnings.Add });
        var refused = Assert.Throws<FishException>(() => hook.OnStep(1));
        Assert.Equal(ErrorCode.LayoutMismatch, refused.Code);
        Assert.All(
            new[] { "in 4 tensors", "'fc1.weight' has the dtype F16, the task's has F32",
                "'fc1.bias' has the shape [25], the task's has [24]", "'head.weight'", "'fc2.weight' is missing from the model" },
            part => Assert.Contains(part, refused.Cause, StringComparison.Ordinal));
        Assert.Contains("\"fc2.weight\"", refused.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Model_InAnotherOrderOrWrapped_IsSavedAndResumed()
    {
        await BeginAsync();
        var order = new[] { 5, 3, 0, 2, 4, 1 };
        var wrapped = new Layout([.. order.Select(tensor => TinyTrainer.Layout.Tensors[tensor]).Select(tensor =>
            new TensorInfo($"module._orig_mod.{tensor.Name}", tensor.Type, [.. tensor.Shape]))]);
        var trainer = New();
        var mask = Mask.Create(
            wrapped, trainer.Mask.Tensors.Select(tensor => new TensorMask(Array.IndexOf(order, tensor.Tensor), tensor.Positions)));
        var options = new CheckpointHookOptions
        {
            SaveEverySteps = 1, SaveOnStop = false, OnWarning = warnings.Add, Busy = BusyPolicy.Wait, State = trainer.State,
        };
        await using (var hook = new CheckpointHook(Store, "tiny", mask, tensor => trainer.BytesOf(order[tensor]), options))
        {
            Run(trainer, hook, 1, 3);
            await hook.CompleteAsync(Stop);
        }

        Assert.Equal(trainer.ToFile(), await Store.RestoreAsync("tiny", 3));
        var again = New();
        await using var bare = new CheckpointHook(
            Store, "tiny", mask, tensor => again.BytesOf(order[tensor]), options with { State = again.State });
        Assert.Equal(3, (await bare.ResumeAsync(cancellation: Stop))!.Step);
        Assert.Equal(trainer.ToFile(), again.ToFile());
        Assert.Empty(warnings);
    }

    [Fact]
    public async Task Model_WithAHeadOfItsOwn_MakesItsTask()
    {
        await BeginAsync();
        var layout = new Layout(
        [
            .. TinyTrainer.Layout.Tensors.Where(tensor => !tensor.Name.StartsWith("fc2", StringComparison.Ordinal)),
            new TensorInfo("fc2.weight", DType.F32, [3, 24]), new TensorInfo("score.bias", DType.F32, [3]),
        ]);
        var memory = layout.Tensors.Select(tensor => new byte[tensor.Bytes]).ToArray();
        var trainer = New();
        foreach (var (tensor, index) in layout.Tensors.Select((tensor, index) => (tensor, index)))
        {
            if (TinyTrainer.Layout.TryIndexOf(tensor.Name, out var at) && TinyTrainer.Layout.Tensors[at].Equals(tensor))
            {
                trainer.BytesOf(at).CopyTo(memory[index]);
            }
        }

        memory[4][7] = memory[5][3] = 63;
        CheckpointHook Make(CheckpointHookOptions options) => new(
            Store, "headed", Mask.Create(layout, [new TensorMask(0, new long[] { 3 })]), tensor => memory[tensor],
            options with { SaveEverySteps = 1, SaveOnStop = false, OnWarning = warnings.Add });
        await using (var without = Make(new CheckpointHookOptions { Base = "tiny" }))
        {
            Assert.Contains("OwnTensors = [", Assert.Throws<FishException>(() => without.OnStep(1)).Hint, StringComparison.Ordinal);
        }

        await RefusedAsync(ErrorCode.TaskNotFound, () => Store.Tasks.GetAsync("headed", Stop));
        await using var hook = Make(new CheckpointHookOptions { Base = "tiny", OwnTensors = ["fc2.*", "score.bias"] });
        hook.OnStep(1);
        await hook.CompleteAsync(Stop);
        await using var reader = await Store.States.OpenAsync("headed", StepRef.At(1), Stop);
        Assert.Equal(layout.Tensors.Select(tensor => tensor.Name).Order(), reader.Layout.Tensors.Select(tensor => tensor.Name).Order());
        Assert.Equal(0, hook.Reports[0].Leak!.Count);
    }

    [Fact]
    public async Task Resume_StateOfAnotherOptimizer_IsRefusedBeforeAnythingChanges()
    {
        var trainer = await BeginAsync();
        await using (var hook = Hook(trainer, EveryStep))
        {
            Run(trainer, hook, 1, 2);
            await hook.CompleteAsync(Stop);
        }

        var other = New();
        var before = other.ToFile();
        var sgd = new MaskedSgd(other.Mask, new SgdOptions { Momentum = 0.9 });
        await using var resumed = Hook(
            other, EveryStep with
            {
                State = new Dictionary<string, IResumable>(StringComparer.Ordinal) { ["rng"] = other.Random, ["optimizer"] = sgd },
            }, state: false);
        var random = new StateSnapshot(other.Random);
        await RefusedAsync(ErrorCode.StateMismatch, () => resumed.ResumeAsync(cancellation: Stop));
        Assert.Equal(before, other.ToFile());
        Assert.Equal(random, new StateSnapshot(other.Random));
    }

    [Fact]
    public async Task Dispose_OfAHookThatWasNotCompleted_SavesTheLastStep()
    {
        var trainer = await BeginAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using var hook = Hook(trainer, new CheckpointHookOptions { SaveEverySteps = 10 });
            Run(trainer, hook, 1, 13);
            throw new InvalidOperationException("The data ran out.");
        });
        Assert.Equal([10L, 13L], (
            await Store.Checkpoints.ListAsync("tiny", new PageRequest(), Stop).ReadPageAsync()).Items.Select(item => item.Step));
        Assert.Equal(trainer.ToFile(), await Store.RestoreAsync("tiny", 13));
    }

    [Fact]
    public async Task LeakCheck_WeightDecayOnEveryWeight_IsFoundAndCounted()
    {
        var trainer = await BeginAsync();
        await using var hook = Hook(trainer, EveryStep);
        trainer.Step(1);
        DecayAll(trainer);
        hook.OnStep(1);
        await hook.CompleteAsync(Stop);

        // The biases are zero: they do not change by decay.
        var leak = Assert.Single(hook.Reports).Leak!;
        Assert.Equal(["fc1.weight", "fc2.weight"], leak.Tensors.Select(tensor => tensor.Name));
        Assert.Equal(
            (24L * 16) - PositionsIn(trainer, 0) + (5 * 24) - PositionsIn(trainer, 2), leak.Count);
        Assert.Contains("fc1.weight", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LeakCheck_Widen_MakesEveryCheckpointWhole()
    {
        var trainer = await BeginAsync();
        await using var hook = Hook(trainer, EveryStep with { OnLeak = LeakPolicy.Widen });
        for (var step = 1; step <= 3; step++)
        {
            trainer.Step(step);
            DecayAll(trainer);
            hook.OnStep(step);
        }

        await hook.CompleteAsync(Stop);
        Assert.Equal(trainer.ToFile(), await Store.RestoreAsync("tiny", 3));
    }

    [Fact]
    public async Task Retention_LastEveryAndBest_KeepsTheseAndTaggedOnes()
    {
        var trainer = await BeginAsync();
        await using var hook = Hook(
            trainer, EveryStep with { KeepLast = 2, KeepEvery = 10, KeepBest = 1, Monitor = "accuracy", Mode = "max", QueueCapacity = 1 });
        for (var step = 1; step <= 25; step++)
        {
            trainer.Step(step);
            hook.OnStep(step, new Dictionary<string, double>(StringComparer.Ordinal) { ["accuracy"] = step == 7 ? 1 : 0.1 });
            if (step == 4)
            {
                await hook.SaveAsync(force: true, cancellation: Stop);
                await Store.Checkpoints.SetTagAsync("tiny", "good", StepRef.At(4), Stop);
            }
        }

        await hook.CompleteAsync(Stop);
        var kept = (await Store.Checkpoints.ListAsync("tiny", new PageRequest(), Stop).ReadPageAsync()).Items.Select(item => item.Step);
        Assert.Equal([4L, 7L, 10L, 20L, 24L, 25L], kept);
        Assert.Equal(7, (await Store.Checkpoints.GetAsync("tiny", StepRef.Best, Stop)).Step);
        Assert.Equal(trainer.ToFile(), await Store.RestoreAsync("tiny", 25));
        Assert.Empty(warnings);
    }

    [Fact]
    public async Task Retention_MaskThatChanges_KeepsTheParentsOfOthers()
    {
        var trainer = await BeginAsync();
        await using var hook = Hook(trainer, EveryStep with
        {
            KeepLast = 1, RecomputeMaskEverySaves = 4, MaskSource = trainer.DrawMask, OnMaskChanged = trainer.SetMask, QueueCapacity = 1,
        });
        Run(trainer, hook, 1, 15);
        await hook.CompleteAsync(Stop);

        Assert.Equal(15, hook.Summary.Saved);
        Assert.Equal(trainer.ToFile(), await Store.RestoreAsync("tiny", 15));
        Assert.Equal([12L, 15L], (
            await Store.Checkpoints.ListAsync("tiny", new PageRequest(), Stop).ReadPageAsync()).Items.Select(item => item.Step));
        Assert.Empty(warnings);
    }

    [Fact]
    public async Task SetMask_LastStepNotSaved_SavesItFirst()
    {
        var trainer = await BeginAsync();
        await using var hook = Hook(trainer, new CheckpointHookOptions { SaveEverySteps = 100 });
        Run(trainer, hook, 1, 5);
        var held = trainer.ToFile();
        var mask = trainer.DrawMask();
        hook.SetMask(mask);
        trainer.SetMask(mask);
        Run(trainer, hook, 6, 8);
        await hook.CompleteAsync(Stop);

        Assert.Equal(held, await Store.RestoreAsync("tiny", 5));
        Assert.Equal(trainer.ToFile(), await Store.RestoreAsync("tiny", 8));
        Assert.Equal("5", (await Store.Checkpoints.GetAsync("tiny", StepRef.Latest, Stop)).Parent);
    }

    private sealed record StateSnapshot(string Text)
    {
        public StateSnapshot(IResumable part)
            : this(Of(part))
        {
        }

        private static string Of(IResumable part)
        {
            var state = new TrainerState();
            part.SaveTo(state.Section("part"));
            using var content = state.OpenRead();
            using var copy = new MemoryStream();
            content.CopyTo(copy);
            return Convert.ToHexString(copy.ToArray());
        }
    }

    private async Task<string> StepsAsync() =>
        string.Join(
            ' ', (await Store.Checkpoints.ListAsync("tiny", new PageRequest(), Stop).ReadPageAsync()).Items.Select(item => item.Step));

    private static CheckpointHookOptions EveryStep => new() { SaveEverySteps = 1 };

    private static TinyTrainer New() => new(new SeededRandom(3));

    private static void Run(TinyTrainer trainer, CheckpointHook? hook, long first, long last)
    {
        for (var step = first; step <= last; step++)
        {
            trainer.Step(step);
            hook?.OnStep(step);
        }
    }

    // As the paper's code does for CIFAR: decay goes to every weight after gradients were masked.
    private static void DecayAll(TinyTrainer trainer)
    {
        for (var tensor = 0; tensor < 4; tensor++)
        {
            foreach (ref var weight in trainer.Floats(tensor))
            {
                weight *= 0.999f;
            }
        }
    }

    private static int PositionsIn(TinyTrainer trainer, int tensor) =>
        trainer.Mask.Tensors.FirstOrDefault(masked => masked.Tensor == tensor)?.Positions.Length ?? 0;

    private async Task<TinyTrainer> BeginAsync(string task = "tiny")
    {
        var trainer = New();
        await Store.Bases.AddAsync("tiny", ModelUpload.FromStream(new MemoryStream(trainer.ToFile())), Stop);
        await Store.Tasks.PutAsync(task, new TaskSpec("tiny"), Stop);
        return trainer;
    }

    private CheckpointHook Hook(TinyTrainer trainer, CheckpointHookOptions options, string task = "tiny", bool state = true) => new(
        Store, task, trainer.Mask, trainer.BytesOf,
        options with
        {
            Busy = BusyPolicy.Wait, SaveOnStop = false, OnWarning = warnings.Add, State = state ? trainer.State : options.State,
        });
}
