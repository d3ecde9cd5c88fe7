using System.Runtime.InteropServices;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

/// <summary>Training learns at once that saving has no prospect, and never waits without end for a store.</summary>
public sealed class CheckpointHookProspectTests : IAsyncDisposable
{
    private readonly float[] weights = [1, 2, 3, 4];
    private readonly Layout layout = MaskBudgetTests.Layout(("w", DType.F32, 4));
    private readonly FakeStore store;
    private readonly List<string> warnings = [];

    public CheckpointHookProspectTests() =>
        store = new FakeStore { Layout = layout, Base = _ => MemoryMarshal.AsBytes<float>([1, 2, 3, 4]).ToArray() };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ErrorCode.QuotaExceeded)]
    [InlineData(ErrorCode.KeyForbidden)]
    [InlineData(ErrorCode.BaseMismatch)]
    public async Task OnStep_ThreeRefusalsInARow_ThrowsTheFirst(ErrorCode code)
    {
        var accepted = 0;
        store.BeforeSave = step => step > 2 && accepted == 0 ? throw new FishException(code, $"{step}", "No.", "") : Task.CompletedTask;
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, ThrowOnComplete = false });
        for (var step = 1; step <= 5; step++)
        {
            hook.OnStep(step);
            await hook.SaveAsync(cancellation: Stop);
        }

        var thrown = Assert.Throws<FishException>(() => hook.OnStep(6));
        Assert.Equal(code, thrown.Code);
        Assert.Contains("3 saves failed, the first of them at step 3", thrown.Cause, StringComparison.Ordinal);
        Assert.Equal(code, Assert.Throws<FishException>(() => hook.OnStep(7)).Code);

        // What helps is a save that is stored.
        accepted = 1;
        Assert.Null((await hook.SaveAsync(force: true, cancellation: Stop))!.Error);
        Assert.Equal(StepOutcome.Queued, hook.OnStep(8));
        await hook.CompleteAsync(Stop);
    }

    [Fact]
    public async Task OnStep_ThreeCopiesThatFail_ThrowsWhatTheyThrew()
    {
        await using var hook = new CheckpointHook(
            store, "task", Mask.Dense(layout), _ => new byte[3],
            new CheckpointHookOptions { SaveEverySteps = 1, SaveOnStop = false, OnWarning = warnings.Add });
        for (var step = 1; step <= 3; step++)
        {
            Assert.Equal(StepOutcome.Failed, hook.OnStep(step));
            await Done(hook, step);
        }

        Assert.IsType<ArgumentException>(Assert.Throws<InvalidOperationException>(() => hook.OnStep(4)).InnerException);
    }

    [Theory]
    [InlineData(ErrorCode.StepTaken)]
    [InlineData(ErrorCode.StateTaken)]
    public async Task OnStep_StepTaken_IsReportedAtOnceThoughLaterOnesAreStored(ErrorCode code)
    {
        store.BeforeSave = step => step == 1 ? throw new FishException(code, "task/1", "Other content.", "") : Task.CompletedTask;
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, ThrowOnComplete = false });
        hook.OnStep(1);
        await hook.SaveAsync(cancellation: Stop);
        var thrown = Assert.Throws<FishException>(() => hook.OnStep(2));
        Assert.Equal(code, thrown.Code);
        Assert.Contains("Overwrite", thrown.Hint, StringComparison.Ordinal);
        Assert.Null((await hook.SaveAsync(cancellation: Stop))!.Error);
        Assert.Equal(code, Assert.Throws<FishException>(() => hook.OnStep(3)).Code);
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public async Task OnStep_TaskOfAnotherRun_IsRefusedUnlessAllowed(bool newRun, bool overwrite, bool refused)
    {
        store.Latest = 40;
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 100, NewRun = newRun, Overwrite = overwrite });
        if (refused)
        {
            var error = Assert.Throws<FishException>(() => hook.OnStep(41));
            Assert.Equal(ErrorCode.RunTaken, error.Code);
            Assert.Contains("step 40", error.Cause, StringComparison.Ordinal);
            return;
        }

        hook.OnStep(41);
        await hook.CompleteAsync(Stop);
        Assert.Equal((overwrite, hook.Run), (store.Saves.Single().Options.Overwrite, store.Saves.Single().Options.Metadata["run"]));
    }

    [Fact]
    public async Task OnStep_StoreThatIsAwayFirst_TellsOfTheMisfitOnceItAnswers()
    {
        (var bytes, store.Base, store.Layout) = (store.Base, null, MaskBudgetTests.Layout(("w", DType.F32, 5)));
        await using var hook =
            Hook(new CheckpointHookOptions { SaveEverySteps = 1, QueueCapacity = 1, ThrowOnComplete = false, SaveOnError = false });
        Assert.Equal(StepOutcome.Queued, hook.OnStep(1));
        store.Base = bytes;
        var report = await hook.SaveAsync(cancellation: Stop);
        Assert.Equal(ErrorCode.LayoutMismatch, Assert.IsType<FishException>(report!.Error).Code);
        Assert.Equal(ErrorCode.LayoutMismatch, Assert.Throws<FishException>(() => hook.OnStep(2)).Code);
        Assert.Empty(store.Saves);
    }

    [Theory]
    [InlineData(true, 40)]
    [InlineData(false, 41)]
    public async Task OnStep_StoreThatIsAwayFirst_StoresNoStepOfAnotherRunsTask(bool newRun, long step)
    {
        (var bytes, store.Base, store.Latest) = (store.Base, null, 40);
        await using var hook = Hook(
            new CheckpointHookOptions { SaveEverySteps = 1, NewRun = newRun, ThrowOnComplete = false, SaveOnError = false });
        Assert.Equal(StepOutcome.Queued, hook.OnStep(step));
        store.Base = bytes;
        Assert.Equal(ErrorCode.RunTaken, Assert.IsType<FishException>((await Done(hook))[0].Error).Code);
        Assert.Equal(ErrorCode.RunTaken, Assert.Throws<FishException>(() => hook.OnStep(step)).Code);
        Assert.Empty(store.Saves);
    }

    [Theory]
    [InlineData(ErrorCode.StorageUnavailable, null)]
    [InlineData(ErrorCode.InsufficientStorage, 507)]
    [InlineData(ErrorCode.ServerUnavailable, 500)]
    [InlineData(ErrorCode.ServerUnavailable, 502)]
    public async Task Save_StoreThatAlwaysFails_IsAFailureOfThatSaveAfterAWhile(ErrorCode code, int? status)
    {
        var tries = 0;
        store.BeforeSave = step => step == 1 && ++tries > 0 ? throw new FishException(code, "disk", "Full.", "") { Status = status }
            : Task.CompletedTask;
        await using var hook =
            Hook(new CheckpointHookOptions { SaveEverySteps = 1, RetryFor = TimeSpan.FromMilliseconds(100), ThrowOnComplete = false });
        hook.OnStep(1);
        var report = await hook.SaveAsync(cancellation: Stop);
        Assert.Equal(code, Assert.IsType<FishException>((report ?? (await Done(hook))[0]).Error).Code);
        Assert.True(tries > 1);
        hook.OnStep(2);
        await hook.CompleteAsync(Stop);
        Assert.Equal([2L], store.Saves.Select(save => save.Step));
        Assert.Contains(warnings, warning => warning.Contains("retrying", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Save_AnswerOfAnotherProgram_IsNotTriedAgain()
    {
        var tries = 0;
        store.BeforeSave = _ =>
            throw new FishException(ErrorCode.ServerUnavailable, "server", $"It answered 404 {++tries}.", "") { Status = 404 };
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, ThrowOnComplete = false });
        hook.OnStep(1);
        Assert.NotNull((await hook.SaveAsync(cancellation: Stop))!.Error);
        Assert.Equal(1, tries);
    }

    [Fact]
    public async Task SaveAsync_StoreThatStaysAway_GivesUpTheWaitAndKeepsTrying()
    {
        var away = true;
        store.BeforeSave = _ => away ? throw new FishException(ErrorCode.ServerUnavailable, "server", "Away.", "") : Task.CompletedTask;
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 0, RetryFor = TimeSpan.FromMilliseconds(100) });
        hook.OnStep(5);
        Assert.Null(await hook.SaveAsync(cancellation: Stop));
        Assert.Contains(warnings, warning => warning.Contains("stops waiting", StringComparison.Ordinal));
        away = false;
        Assert.Equal(1, (await hook.CompleteAsync(Stop)).Saved);
        Assert.Equal([5L], store.Saves.Select(save => save.Step));
    }

    [Fact]
    public async Task OnStep_WaitForAStoreThatIsSilent_SkipsAfterAWhile()
    {
        var release = new TaskCompletionSource();
        store.BeforeSave = _ => release.Task;
        await using var hook = Hook(new CheckpointHookOptions
        {
            SaveEverySteps = 1, QueueCapacity = 1, Busy = BusyPolicy.Wait, RetryFor = TimeSpan.FromMilliseconds(100), SaveAtEnd = false,
        });
        hook.OnStep(1);
        Assert.Equal(StepOutcome.Skipped, hook.OnStep(2));
        release.SetResult();
        Assert.Equal((1, 1), ((await hook.CompleteAsync(Stop)).Saved, hook.Summary.Skipped));
    }

    [Fact]
    public async Task ResumeAsync_StoreThatIsAway_IsWaitedForAndReported()
    {
        var bytes = store.Base;
        store.Base = null;
        await using (var hook = Hook(new CheckpointHookOptions { RetryFor = TimeSpan.FromMilliseconds(50) }))
        {
            Assert.Equal(ErrorCode.ServerUnavailable,
                (await Assert.ThrowsAsync<FishException>(() => hook.ResumeAsync(cancellation: Stop))).Code);
        }

        Assert.Contains("cannot be resumed yet", Assert.Single(warnings), StringComparison.Ordinal);
        await using var patient = Hook(new CheckpointHookOptions { OnWarning = _ => store.Base = bytes });
        Assert.Null(await patient.ResumeAsync(cancellation: Stop));
    }

    [Fact]
    public async Task OnStep_MetricsThatCannotBeKept_AreLeftOutWithOneWarning()
    {
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, Busy = BusyPolicy.Wait, Monitor = "zz" });
        var odd = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            [""] = 1, ["a\nb"] = 2, [new string('n', 600)] = 3, ["nan"] = double.NaN, ["up"] = double.PositiveInfinity,
            ["précision \"x\""] = 0.5,
        };
        hook.OnStep(1, odd);
        hook.OnStep(2, odd);
        var many = Enumerable.Range(0, 20_000)
            .ToDictionary(index => $"eval/{index}/{new string('x', 100)}", index => (double)index, StringComparer.Ordinal);
        many["zz"] = 7;
        hook.OnStep(3, many);
        await hook.CompleteAsync(Stop);
        var kept = store.Saves.Select(save => save.Options.Metrics).ToArray();
        Assert.Equal(["nan", "précision \"x\"", "up"], kept[0].Keys.Order(StringComparer.Ordinal));
        Assert.Equal(kept[0], kept[1]);
        Assert.InRange(kept[2].Count, 5000, 19_999);
        Assert.Equal(7, kept[2]["zz"]);
        new SaveInfo(kept[2], store.Saves.Last().Options.Metadata).Validate("task/3");
        Assert.Contains("3 of 6 metrics are left out", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, true, 1)]
    [InlineData(false, true, 0)]
    [InlineData(true, false, 0)]
    public async Task DisposeAsync_NotCompleted_SavesTheLastStepIfItMay(bool onError, bool atEnd, int saved)
    {
        await using (var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 0, SaveOnError = onError, SaveAtEnd = atEnd }))
        {
            hook.OnStep(3, new Dictionary<string, double> { ["loss"] = 2 });
        }

        Assert.Equal(saved, store.Saves.Count);
        Assert.All(store.Saves, save => Assert.Equal((3, 2), (save.Step, save.Options.Metrics["loss"])));
    }

    [Fact]
    public async Task DisposeAsync_StoreThatStaysAway_EndsAndDoesNotThrow()
    {
        store.BeforeSave = _ => throw new FishException(ErrorCode.ServerUnavailable, "server", "Away.", "");
        var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 0, RetryFor = TimeSpan.FromMilliseconds(50) });
        hook.OnStep(3);
        await hook.DisposeAsync();
        Assert.Equal(1, hook.Summary.Failed);
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private static async Task<IReadOnlyList<SaveReport>> Done(CheckpointHook hook, int saves = 1)
    {
        while (hook.Reports.Count < saves)
        {
            await Task.Delay(5, Stop);
        }

        return hook.Reports;
    }

    private CheckpointHook Hook(CheckpointHookOptions options) => new(
        store, "task", Mask.Create(layout, [new TensorMask(0, new long[] { 1, 3 })]), _ => MemoryMarshal.AsBytes(weights.AsSpan()),
        options with
        {
            SaveOnStop = false, RetryDelay = TimeSpan.FromMilliseconds(5),
            OnWarning = warning =>
            {
                lock (warnings)
                {
                    warnings.Add(warning);
                }

                if (options.OnWarning.Target is not null)
                {
                    options.OnWarning(warning);
                }
            },
        });
}
