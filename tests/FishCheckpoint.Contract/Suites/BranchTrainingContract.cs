using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>
/// A training run that starts from another task's checkpoint: it holds that one's values first, and what it saves is all that it holds.
/// </summary>
[Trait("Category", TestedStore.LongSuites)]
public class BranchTrainingContract : CheckpointStoreContract
{
    private const int Last = 4;
    private static readonly BranchPoint Origin = new("trunk", Last);

    private readonly List<string> warnings = [];

    [Theory]
    [InlineData("same")]
    [InlineData("other")]
    [InlineData("dense")]
    public async Task Fresh_AnyMask_StartsFromTheOriginAndSavesWhatItHolds(string mask)
    {
        var origin = await TrainTrunkAsync();
        var (trainer, held) = (New(mask), new Dictionary<long, byte[]>());
        await using var hook = Hook(trainer, new CheckpointHookOptions { From = Origin });
        Assert.Null(await hook.ResumeAsync(cancellation: Stop));
        Assert.Equal(origin, trainer.ToFile());
        Run(trainer, hook, 1, 6, held);
        await hook.CompleteAsync(Stop);

        await AssertHeldAsync(held);
        Assert.Equal((Origin, 0), ((await Store.Tasks.GetAsync("branch", Stop)).BranchPoint, hook.Reports[0].Leak!.Count));
        var infos = (await Store.Checkpoints.ListAsync("branch", new PageRequest(), Stop).ReadPageAsync()).Items;
        Assert.All(infos, info => Assert.Equal(("trunk:4", hook.Reports[0].Changed), (info.Parent, info.Changed)));
        Assert.Empty(warnings);
    }

    [Fact]
    public async Task Fresh_EndedBeforeItsFirstSave_StartsAgainInTheSameWay()
    {
        var origin = await TrainTrunkAsync();
        foreach (var from in new[] { Origin, Origin, null })
        {
            var trainer = New();
            await using var hook = Hook(trainer, new CheckpointHookOptions { From = from, SaveAtEnd = false, SaveEverySteps = 100 });
            Assert.Null(await hook.ResumeAsync(cancellation: Stop));
            Assert.Equal(origin, trainer.ToFile());
            Run(trainer, hook, 1, 3);
        }

        Assert.Equal(
            (Origin, 0L),
            ((await Store.Tasks.GetAsync("branch", Stop)).BranchPoint, (await Store.Tasks.GetAsync("branch", Stop)).Checkpoints));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    public async Task Resume_Branch_GoesOnBitForBit(int step)
    {
        await TrainTrunkAsync();
        var (whole, held) = (New("other"), new Dictionary<long, byte[]>());
        await using (var hook = Hook(whole, new CheckpointHookOptions { From = Origin }, "whole"))
        {
            await hook.ResumeAsync(cancellation: Stop);
            Run(whole, hook, 1, 12, held);
            await hook.CompleteAsync(Stop);
        }

        foreach (var last in new[] { step, step + 2, 12 })
        {
            // What the branch started from goes meanwhile, and its number is then a step of the branch's own.
            var trainer = New("other");
            await using var hook = Hook(
                trainer, new CheckpointHookOptions { From = Origin, LeakCheckEverySaves = 1, OnLeak = LeakPolicy.Fail });
            var from = await hook.ResumeAsync(cancellation: Stop);
            Run(trainer, hook, (from?.Step ?? 0) + 1, last);
            await hook.CompleteAsync(Stop);
            if (last == step)
            {
                await Store.Tasks.DeleteAsync("trunk", Stop);
            }
        }

        await AssertHeldAsync(held);
        Assert.Empty(warnings);
    }

    [Fact]
    public async Task Resume_MaskThatChanges_SavesWhatItHolds()
    {
        await TrainTrunkAsync();
        var held = new Dictionary<long, byte[]>();
        foreach (var last in new[] { 5, 10, 13 })
        {
            var trainer = New("other");
            await using var hook = Hook(trainer, new CheckpointHookOptions
            {
                From = Origin, RecomputeMaskEverySaves = 2, MaskSource = trainer.DrawMask, OnMaskChanged = trainer.SetMask,
                    LeakCheckEverySaves = 1, OnLeak = LeakPolicy.Fail,
            });
            var from = await hook.ResumeAsync(cancellation: Stop);
            Run(trainer, hook, (from?.Step ?? 0) + 1, last, held);
            await hook.CompleteAsync(Stop);
        }

        await AssertHeldAsync(held);
    }

    [Fact]
    public async Task Resume_AnotherCheckpointHasTheNumberOfTheOrigin_IsNotTakenForIt()
    {
        await TrainTrunkAsync();
        var (first, held) = (New("other"), new Dictionary<long, byte[]>());
        await using (var hook = Hook(first, new CheckpointHookOptions { From = Origin }))
        {
            await hook.ResumeAsync(cancellation: Stop);
            Run(first, hook, 1, Last + 2);
            await hook.CompleteAsync(Stop);
        }

        // The origin is a tombstone of the branch now; a checkpoint gets its number.
        await Store.Tasks.DeleteAsync("trunk", Stop);
        await Store.Checkpoints.DeleteAsync("branch", StepRef.At(Last), Stop);
        var other = New("dense");
        await using (var hook = Hook(other, new CheckpointHookOptions { Overwrite = true }))
        {
            other.Step(1);
            hook.OnStep(Last);
            await hook.CompleteAsync(Stop);
        }

        var trainer = New("other");
        await using var resumed = Hook(trainer, new CheckpointHookOptions());
        Assert.Equal(Last + 2, (await resumed.ResumeAsync(StepRef.At(Last + 2), Stop))!.Step);
        Assert.Equal(first.ToFile(), trainer.ToFile());
        Run(trainer, resumed, Last + 3, Last + 5, held);
        await resumed.CompleteAsync(Stop);
        await AssertHeldAsync(held);
        Assert.Empty(warnings);
    }

    [Theory]
    [InlineData("checkpoint")]
    [InlineData("task")]
    [InlineData("name")]
    public async Task Fresh_OriginDeleted_StartsFromItAllTheSame(string gone)
    {
        var origin = await TrainTrunkAsync();
        await Store.Tasks.PutAsync("branch", new TaskSpec(BranchPoint: Origin), Stop);
        await DeleteOriginAsync(gone);
        var (trainer, held) = (New("other"), new Dictionary<long, byte[]>());
        await using var hook = Hook(trainer, new CheckpointHookOptions { From = Origin });
        Assert.Null(await hook.ResumeAsync(cancellation: Stop));
        Assert.Equal(origin, trainer.ToFile());
        Run(trainer, hook, 1, 5, held);
        await hook.CompleteAsync(Stop);

        await AssertHeldAsync(held);
        Assert.Equal(0, hook.Reports[0].Leak!.Count);
    }

    [Theory]
    [InlineData("checkpoint")]
    [InlineData("task")]
    [InlineData("name")]
    public async Task Fresh_OriginDeletedBeforeTheFirstSave_SavesWhatItHolds(string gone)
    {
        await TrainTrunkAsync();
        var (trainer, held) = (New("other"), new Dictionary<long, byte[]>());
        await using var hook = Hook(trainer, new CheckpointHookOptions { From = Origin });
        await hook.ResumeAsync(cancellation: Stop);
        await DeleteOriginAsync(gone);
        Run(trainer, hook, 1, 5, held);
        await hook.CompleteAsync(Stop);
        await AssertHeldAsync(held);
    }

    [Fact]
    public async Task Retention_OwnStepWithTheOriginsNumber_IsDeleted()
    {
        await TrainTrunkAsync();
        var (trainer, held) = (New("other"), new Dictionary<long, byte[]>());
        await using var hook = Hook(trainer, new CheckpointHookOptions { From = Origin, KeepLast = 1, QueueCapacity = 1 });
        await hook.ResumeAsync(cancellation: Stop);
        Run(trainer, hook, 1, Last + 2, held);
        await hook.CompleteAsync(Stop);

        Assert.Equal([Last + 2L], (
            await Store.Checkpoints.ListAsync("branch", new PageRequest(), Stop).ReadPageAsync()).Items.Select(item => item.Step));
        Assert.Equal(held[Last + 2], await Store.RestoreAsync("branch", Last + 2));
        Assert.Equal((1, Origin), (
            (await Store.Tasks.GetAsync("branch", Stop)).Retention!.KeepLast, (await Store.Tasks.GetAsync("branch", Stop)).BranchPoint));
        Assert.Equal(Last, (await Store.Checkpoints.GetAsync("trunk", StepRef.At(Last), Stop)).Step);
    }

    [Fact]
    public async Task From_NotWhatTheTaskStartsFrom_IsRefused()
    {
        await TrainTrunkAsync();
        await Store.Tasks.PutAsync("based", new TaskSpec("tiny"), Stop);
        await Store.Tasks.PutAsync("branch", new TaskSpec(BranchPoint: new BranchPoint("trunk", 2)), Stop);
        foreach (var task in new[] { "based", "branch" })
        {
            await using var hook = Hook(New(), new CheckpointHookOptions { From = Origin, ThrowOnComplete = false }, task);
            var refused = await RefusedAsync(ErrorCode.TaskTaken, () => hook.ResumeAsync(cancellation: Stop));
            Assert.Contains("trunk:4", refused.Message, StringComparison.Ordinal);

            // Nor is anything saved by who goes on all the same.
            Assert.Equal(ErrorCode.TaskTaken, Assert.Throws<FishException>(() => hook.OnStep(1)).Code);
            Assert.Empty(hook.Reports);
        }
    }

    [Fact]
    public async Task From_NotThere_IsRefusedAndMakesNoTask()
    {
        await TrainTrunkAsync();
        foreach (var (from, code) in
            new[] { (new BranchPoint("none", 1), ErrorCode.TaskNotFound), (new BranchPoint("trunk", 99), ErrorCode.CheckpointNotFound) })
        {
            await using var hook = Hook(New(), new CheckpointHookOptions { From = from });
            await RefusedAsync(code, () => hook.ResumeAsync(cancellation: Stop));
        }

        await using var expecting = Hook(New(), new CheckpointHookOptions { From = Origin, ExpectedBase = Tensors.Digest.Of("other"u8) });
        await RefusedAsync(ErrorCode.BaseNotFound, () => expecting.ResumeAsync(cancellation: Stop));
        await using var unnamed = Hook(New(), new CheckpointHookOptions());
        await RefusedAsync(ErrorCode.TaskNotFound, () => unnamed.ResumeAsync(cancellation: Stop));
        await RefusedAsync(ErrorCode.TaskNotFound, () => Store.Tasks.GetAsync("branch", Stop));
    }

    [Fact]
    public async Task Fresh_WithoutResume_MakesTheTaskAndTheLeakCheckSaysWhatIsMissing()
    {
        await TrainTrunkAsync();
        var trainer = New("other");
        await using var hook = Hook(trainer, new CheckpointHookOptions { From = Origin, OnLeak = LeakPolicy.Widen });
        Run(trainer, hook, 1, 3);
        await hook.CompleteAsync(Stop);

        Assert.NotEqual(0, hook.Reports[0].Leak!.Count);
        Assert.Equal(trainer.ToFile(), await Store.RestoreAsync("branch", 3));
        Assert.Equal("trunk:4", (await Store.Checkpoints.GetAsync("branch", StepRef.At(3), Stop)).Parent);
    }

    private static TinyTrainer New(string mask = "same")
    {
        var trainer = new TinyTrainer(new SeededRandom(3));
        switch (mask)
        {
            case "other": trainer.SetMask(
                MaskSelection.Random(TinyTrainer.Layout, new MaskRule { Ratio = 0.05, Trainable = TinyTrainer.IsWeight }, 99)); break;
            case "dense": trainer.SetMask(Mask.Dense(TinyTrainer.Layout, TinyTrainer.IsWeight)); break;
        }

        return trainer;
    }

    private static void Run(TinyTrainer trainer, CheckpointHook hook, long first, long last, Dictionary<long, byte[]>? held = null)
    {
        for (var step = first; step <= last; step++)
        {
            trainer.Step(step);
            if (held is not null)
            {
                held[step] = trainer.ToFile();
            }

            hook.OnStep(step);
        }
    }

    // The trunk trains with another mask than most branches do, so that much of it lies outside of theirs.
    private async Task<byte[]> TrainTrunkAsync()
    {
        var trainer = New();
        await Store.Bases.AddAsync("tiny", ModelUpload.FromStream(new MemoryStream(trainer.ToFile())), Stop);
        await Store.Tasks.PutAsync("trunk", new TaskSpec("tiny"), Stop);
        await using var hook = Hook(trainer, new CheckpointHookOptions(), "trunk");
        Run(trainer, hook, 1, Last);
        var held = trainer.ToFile();
        Run(trainer, hook, Last + 1, Last + 2);
        await hook.CompleteAsync(Stop);
        return held;
    }

    private async Task DeleteOriginAsync(string gone)
    {
        if (gone == "checkpoint")
        {
            await Store.Checkpoints.DeleteAsync("trunk", StepRef.At(Last), Stop);
            return;
        }

        await Store.Tasks.DeleteAsync("trunk", Stop);
        if (gone == "name")
        {
            // Something else goes by the name now.
            await Store.Tasks.PutAsync("trunk", new TaskSpec("tiny"), Stop);
            var other = New("dense");
            await using var hook = Hook(other, new CheckpointHookOptions(), "trunk");
            Run(other, hook, 1, Last);
            await hook.CompleteAsync(Stop);
        }
    }

    private async Task AssertHeldAsync(Dictionary<long, byte[]> held)
    {
        foreach (var (step, file) in held)
        {
            Assert.Equal(file, await Store.RestoreAsync("branch", step));
        }
    }

    private CheckpointHook Hook(TinyTrainer trainer, CheckpointHookOptions options, string task = "branch") => new(
        Store, task, trainer.Mask, trainer.BytesOf,
        options with
        {
            SaveEverySteps = Math.Min(options.SaveEverySteps, options.SaveAtEnd ? 1 : long.MaxValue), Busy = BusyPolicy.Wait,
                SaveOnStop = false,
            OnWarning = warnings.Add, State = trainer.State,
        });
}
