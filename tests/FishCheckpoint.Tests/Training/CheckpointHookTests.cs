using System.Runtime.InteropServices;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class CheckpointHookTests : IAsyncDisposable
{
    private readonly float[] weights = [1, 2, 3, 4];
    private readonly FakeStore store = new()
    {
        Layout = MaskBudgetTests.Layout(("w", DType.F32, 4)), Base = _ => MemoryMarshal.AsBytes<float>([1, 2, 3, 4]).ToArray(),
    };
    private readonly Mask mask = Mask.Create(MaskBudgetTests.Layout(("w", DType.F32, 4)), [new TensorMask(0, new long[] { 1, 3 })]);

    [Fact]
    public async Task OnStep_Cadence_SavesTheDueStepsAgainstTheBase()
    {
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 2, Busy = BusyPolicy.Wait });

        StepOutcome[] outcomes =
            [.. Enumerable.Range(1, 4).Select(step => hook.OnStep(step, new Dictionary<string, double> { ["loss"] = step }))];
        await hook.CompleteAsync(TestContext.Current.CancellationToken);

        Assert.Equal([StepOutcome.NotDue, StepOutcome.Queued, StepOutcome.NotDue, StepOutcome.Queued], outcomes);
        Assert.Equal([("task", 2L, ParentChoice.Auto, 2.0), ("task", 4L, ParentChoice.Auto, 4.0)],
            store.Saves.Select(save => (save.Task, save.Step, save.Options.Parent, save.Options.Metrics["loss"])));
    }

    [Fact]
    public async Task OnStep_ParametersThatChangeLater_SavesTheValuesOfItsMoment()
    {
        var release = new TaskCompletionSource();
        store.BeforeSave = _ => release.Task;
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1 });
        var metrics = new Dictionary<string, double> { ["loss"] = 1 };

        hook.OnStep(1, metrics);
        (weights[1], metrics["loss"]) = (99, 99);
        release.SetResult();
        await hook.CompleteAsync(TestContext.Current.CancellationToken);

        var save = Assert.Single(store.Saves);
        Assert.Equal([2f, 4f], MemoryMarshal.Cast<byte, float>(save.Content.Delta.Values[0].Span).ToArray());
        Assert.Equal(1, save.Options.Metrics["loss"]);
    }

    [Theory]
    [InlineData(2, new[] { 1L, 6L })]
    [InlineData(3, new[] { 1L, 5L, 6L })]
    public async Task OnStep_BusyWithSkip_KeepsTheNewestWaitingAndWarnsOnce(int capacity, long[] kept)
    {
        var (release, entered, warnings) = (new TaskCompletionSource(), new TaskCompletionSource(), new List<string>());
        store.BeforeSave = _ =>
        {
            entered.TrySetResult();
            return release.Task;
        };
        await using var hook = Hook(
            new CheckpointHookOptions { SaveEverySteps = 1, QueueCapacity = capacity, SaveAtEnd = false, OnWarning = warnings.Add });

        hook.OnStep(1);
        await entered.Task;
        Assert.All(Enumerable.Range(2, 5), step => Assert.Equal(StepOutcome.Queued, hook.OnStep(step)));
        Assert.Equal(6 - capacity, hook.Summary.Skipped);
        release.SetResult();
        var summary = await hook.CompleteAsync(TestContext.Current.CancellationToken);

        Assert.Equal(kept, store.Saves.Select(save => save.Step));
        Assert.Equal((capacity, 0, 6 - capacity, 7L * capacity), (summary.Saved, summary.Failed, summary.Skipped, summary.StoredBytes));
        Assert.Contains("skipped", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "min", new[] { 1L, 3L })]
    [InlineData(2, "min", new[] { 1L, 3L, 7L })]
    [InlineData(2, "max", new[] { 1L, 5L, 7L })]
    public async Task OnStep_BestStepWhileBusy_IsNeverSkipped(int capacity, string mode, long[] kept)
    {
        var (release, entered) = (new TaskCompletionSource(), new TaskCompletionSource());
        store.BeforeSave = _ =>
        {
            entered.TrySetResult();
            return release.Task;
        };
        double[] losses = [0, 1, 0.9, 0.2, 0.5, 2, double.NaN, 1.5];
        await using var hook = Hook(new CheckpointHookOptions
        {
            SaveEverySteps = 1, QueueCapacity = capacity, SaveAtEnd = false, Monitor = "loss", Mode = mode, OnWarning = _ => { },
        });

        void Step(int step) => hook.OnStep(step, new Dictionary<string, double> { ["loss"] = losses[step] });
        Step(1);
        await entered.Task;
        for (var step = 2; step < losses.Length; step++)
        {
            Step(step);
        }

        release.SetResult();
        await hook.CompleteAsync(TestContext.Current.CancellationToken);

        Assert.Equal(kept, store.Saves.Select(save => save.Step));
    }

    [Fact]
    public async Task OnStep_BusyWithWait_SavesEveryStep()
    {
        store.BeforeSave = async _ => await Task.Yield();
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, QueueCapacity = 1, Busy = BusyPolicy.Wait });

        for (var step = 1; step <= 20; step++)
        {
            Assert.Equal(StepOutcome.Queued, hook.OnStep(step));
        }

        var summary = await hook.CompleteAsync(TestContext.Current.CancellationToken);

        Assert.Equal((20, 0), (summary.Saved, summary.Skipped));
        Assert.Equal(Enumerable.Range(1, 20).Select(step => (long)step), store.Saves.Select(save => save.Step));
    }

    [Fact]
    public async Task OnStep_SaveFails_ReportsItAndTrainsOn()
    {
        store.BeforeSave = step => step == 1 ? throw FakeStore.Taken(step) : Task.CompletedTask;
        var reported = new List<SaveReport>();
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, OnReport = reported.Add, Busy = BusyPolicy.Wait });

        hook.OnStep(1);
        hook.OnStep(2);
        var error = await Assert.ThrowsAsync<FishException>(() => hook.CompleteAsync(TestContext.Current.CancellationToken));

        Assert.Equal(ErrorCode.StepTaken, error.Code);
        Assert.Equal(hook.Reports, reported);
        Assert.Equal([(1L, false, 0L), (2L, true, 7L)], reported.Select(report => (report.Step, report.Created, report.StoredBytes)));
        Assert.Same(error, reported[0].Error);
    }

    [Fact]
    public async Task CompleteAsync_SeveralFailures_ThrowsThemTogether()
    {
        store.BeforeSave = step => throw FakeStore.Taken(step);
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, Busy = BusyPolicy.Wait });

        hook.OnStep(1);
        hook.OnStep(2);

        var error = await Assert.ThrowsAsync<AggregateException>(() => hook.CompleteAsync(TestContext.Current.CancellationToken));
        Assert.Equal(2, error.InnerExceptions.Count);
    }

    [Fact]
    public async Task CompleteAsync_ThrowOnCompleteOff_OnlyCounts()
    {
        store.BeforeSave = step => throw FakeStore.Taken(step);
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, ThrowOnComplete = false });

        hook.OnStep(1);

        Assert.Equal(1, (await hook.CompleteAsync(TestContext.Current.CancellationToken)).Failed);
    }

    [Fact]
    public async Task OnStep_ParametersOfAnotherLength_ReportsItAndFreesTheSlot()
    {
        var bytes = new byte[4];
        await using var hook = new CheckpointHook(
            store, "task", mask, _ => bytes,
            new CheckpointHookOptions { SaveEverySteps = 1, QueueCapacity = 1, Busy = BusyPolicy.Wait, OnWarning = _ => { } });

        Assert.Equal(StepOutcome.Failed, hook.OnStep(1));
        bytes = new byte[16];
        Assert.Equal(StepOutcome.Queued, hook.OnStep(2));

        await Assert.ThrowsAsync<ArgumentException>(() => hook.CompleteAsync(TestContext.Current.CancellationToken));
        Assert.Equal([1L, 2L], hook.Reports.Select(report => report.Step));
    }

    [Fact]
    public async Task OnReport_Throws_IsAFailureOfTheHookOnly()
    {
        await using var hook = Hook(
            new CheckpointHookOptions { SaveEverySteps = 1, OnReport = _ => throw new InvalidOperationException("full") });

        hook.OnStep(1);

        await Assert.ThrowsAsync<InvalidOperationException>(() => hook.CompleteAsync(TestContext.Current.CancellationToken));
        Assert.Equal(1, hook.Summary.Saved);
    }

    [Fact]
    public async Task SaveAsync_StepOutsideOfTheCadence_IsStoredWhenItReturns()
    {
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 0 });

        Assert.Null(await hook.SaveAsync(cancellation: TestContext.Current.CancellationToken));
        Assert.Equal(StepOutcome.NotDue, hook.OnStep(5));
        var first = await hook.SaveAsync(cancellation: TestContext.Current.CancellationToken);
        var again = await hook.SaveAsync(cancellation: TestContext.Current.CancellationToken);

        Assert.Equal((5L, true, 2L), (first!.Step, first.Created, first.Changed));
        Assert.Same(first, again);
        Assert.Single(store.Saves);
    }

    [Fact]
    public async Task SaveAsync_BusyAndForced_WaitsForRoom()
    {
        var (release, entered) = (new TaskCompletionSource(), new TaskCompletionSource());
        store.BeforeSave = _ =>
        {
            entered.TrySetResult();
            return release.Task;
        };
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, QueueCapacity = 1 });
        hook.OnStep(1);
        await entered.Task;
        Assert.Equal(StepOutcome.Skipped, hook.OnStep(2));
        Assert.Null(await hook.SaveAsync(cancellation: TestContext.Current.CancellationToken));

        var forced = Task.Run(
            () => hook.SaveAsync(force: true, cancellation: TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        Assert.False(forced.IsCompleted);
        release.SetResult();

        Assert.Equal(2, (await forced)!.Step);
    }

    [Fact]
    public async Task Reports_InjectedClock_MeasuresStallAndBackground()
    {
        var clock = new ManualClock();
        store.BeforeSave = _ =>
        {
            clock.Advance(TimeSpan.FromSeconds(5));
            return Task.CompletedTask;
        };
        await using var hook = new CheckpointHook(
            store,
            "task",
            mask,
            _ =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(3));
                return MemoryMarshal.AsBytes(weights.AsSpan());
            },
            new CheckpointHookOptions { Clock = clock });
        hook.OnStep(100);

        var summary = await hook.CompleteAsync(TestContext.Current.CancellationToken);

        // Queued after the copy was measured, so the two cannot mix.
        // The leak check of the first save reads the tensor too.
        Assert.Equal(TimeSpan.FromMilliseconds(6), summary.LongestStall);
        Assert.Equal(TimeSpan.FromMilliseconds(3), Assert.Single(hook.Reports).Leak!.Duration);
        Assert.Equal(TimeSpan.FromSeconds(5), summary.Background);
    }

    [Fact]
    public async Task OnStep_Completed_IsRefused()
    {
        var hook = Hook(new CheckpointHookOptions());
        await hook.DisposeAsync();
        await hook.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => hook.OnStep(1));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => hook.SaveAsync(cancellation: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task OnStep_NegativeStep_IsRefused()
    {
        await using var hook = Hook(new CheckpointHookOptions());

        Assert.Equal(ErrorCode.StepInvalid, Assert.Throws<FishException>(() => hook.OnStep(-1)).Code);
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();

    [Fact]
    public async Task Reports_OfALongRun_AreTheLatest_AndTheSummaryCountsAll()
    {
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, Busy = BusyPolicy.Wait, SaveAtEnd = false });
        for (var step = 1; step <= 1_200; step++)
        {
            hook.OnStep(step);
        }

        var summary = await hook.CompleteAsync(TestContext.Current.CancellationToken);
        Assert.Equal((1_200, 7L * 1_200), (summary.Saved, summary.StoredBytes));
        Assert.Equal(Enumerable.Range(201, 1_000).Select(step => (long)step), hook.Reports.Select(report => report.Step));
    }

    private CheckpointHook Hook(CheckpointHookOptions options) =>
        new(store, "task", mask, _ => MemoryMarshal.AsBytes(weights.AsSpan()), options with { SaveOnStop = false });

    private sealed class ManualClock : TimeProvider
    {
        private long ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref ticks);

        public void Advance(TimeSpan time) => Interlocked.Add(ref ticks, time.Ticks);
    }
}
