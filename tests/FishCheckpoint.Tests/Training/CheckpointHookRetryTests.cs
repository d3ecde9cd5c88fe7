using System.Runtime.InteropServices;
using System.Text.Json;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

/// <summary>
/// A store that is out of reach costs new tries, never the training run; and what a save could not bring, a later one does.
/// </summary>
public sealed class CheckpointHookRetryTests : IAsyncDisposable
{
    private readonly float[] weights = [1, 2, 3, 4];
    private readonly FakeStore store = new()
    {
        Layout = MaskBudgetTests.Layout(("w", DType.F32, 4)), Base = _ => MemoryMarshal.AsBytes<float>([1, 2, 3, 4]).ToArray(),
    };
    private readonly Layout layout = MaskBudgetTests.Layout(("w", DType.F32, 4));
    private readonly List<string> warnings = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OnStep_StoreAwayForAWhile_IsTriedAgainAndWarnsOnce()
    {
        var away = 3;
        store.BeforeSave = _ => away-- > 0 ? throw Away() : Task.CompletedTask;
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1 });

        hook.OnStep(1);
        await hook.CompleteAsync(Stop);

        var report = Assert.Single(hook.Reports);
        Assert.Equal((true, 3), (report.Created, report.Retries));
        Assert.Single(warnings);
        Assert.Contains("retrying", warnings[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ErrorCode.TooManyRequests, true)]
    [InlineData(ErrorCode.InsufficientStorage, true)]
    [InlineData(ErrorCode.QuotaExceeded, false)]
    [InlineData(ErrorCode.KeyInvalid, false)]
    public async Task OnStep_StoreBusyOrFull_IsTriedAgain_AndWhatIsForbiddenIsNot(ErrorCode code, bool again)
    {
        var refusals = 1;
        store.BeforeSave = _ => refusals-- > 0 ? throw new FishException(code, "key", "cause", "hint") : Task.CompletedTask;
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1 });

        hook.OnStep(1);
        if (again)
        {
            Assert.Equal(1, (await hook.CompleteAsync(Stop)).Saved);
        }
        else
        {
            Assert.Equal(code, (await Assert.ThrowsAsync<FishException>(() => hook.CompleteAsync(Stop))).Code);
        }

        Assert.Equal(again ? 1 : 0, store.Saves.Count);
    }

    [Theory]
    [InlineData(BusyPolicy.Skip)]
    [InlineData(BusyPolicy.Wait)]
    public async Task OnStep_StoreAway_NeverWaitsForIt(BusyPolicy busy)
    {
        var (away, tried) = (true, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        store.BeforeSave = _ =>
        {
            tried.TrySetResult();
            return away ? throw Away() : Task.CompletedTask;
        };
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, QueueCapacity = 1, Busy = busy });
        hook.OnStep(1);
        await tried.Task;

        // With the wait policy a step returns as soon as the saver is seen to wait for its store.
        StepOutcome[] outcomes = [.. Enumerable.Range(2, 20).Select(step => hook.OnStep(step))];
        (away, weights[3]) = (false, 9);
        var summary = await hook.CompleteAsync(Stop);

        Assert.All(outcomes, outcome => Assert.Equal(StepOutcome.Skipped, outcome));
        Assert.Equal((2, 0, 20), (summary.Saved, summary.Failed, summary.Skipped));
        Assert.Equal([1L, 21L], store.Saves.Select(save => save.Step));
        Assert.Equal([2f, 9f], Values(1));
    }

    [Fact]
    public async Task CompleteAsync_StoreStaysAway_GivesUpInTheEnd()
    {
        store.BeforeSave = _ => throw Away();
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, RetryFor = TimeSpan.FromMilliseconds(50) });

        hook.OnStep(1);
        var error = await Assert.ThrowsAsync<FishException>(() => hook.CompleteAsync(Stop));

        Assert.Equal(ErrorCode.ServerUnavailable, error.Code);
    }

    [Fact]
    public async Task OnStep_StoreRefuses_IsNotTriedAgain()
    {
        var tries = 0;
        store.BeforeSave = _ =>
        {
            tries++;
            throw FakeStore.Taken(1);
        };
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, ThrowOnComplete = false });

        hook.OnStep(1);
        await hook.CompleteAsync(Stop);

        Assert.Equal(1, tries);
    }

    [Fact]
    public async Task SetMask_AnchorIsRefused_ItsValuesRideAlong()
    {
        // A step that is known to be taken ends training at the next one.
        var refusal = new TaskCompletionSource();
        store.BeforeSave = step => step == 2 ? refusal.Task : Task.CompletedTask;
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 0, ThrowOnComplete = false });
        (weights[1], weights[3]) = (20, 40);
        hook.OnStep(1);
        await hook.SaveAsync(cancellation: Stop);
        (weights[1], weights[3]) = (21, 41);
        hook.OnStep(2);
        hook.SetMask(MaskOf(0, 3));
        (weights[0], weights[3]) = (10, 42);
        hook.OnStep(3);
        refusal.SetException(FakeStore.Taken(2));
        await hook.CompleteAsync(Stop);

        Assert.Equal([1L, 3L], store.Saves.Select(save => save.Step));
        var last = store.Saves.Last();
        Assert.Equal(FishCheckpoint.Checkpoints.ParentChoice.Auto, last.Options.Parent);
        Assert.Equal([0, 1, 3], last.Content.Delta.Mask.Tensors[0].Positions.ToArray());
        Assert.Equal([10f, 21f, 42f], Values(1));
    }

    [Fact]
    public async Task SetMask_AnchorIsStored_BasesLaterSavesOnIt()
    {
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, Busy = BusyPolicy.Wait });
        hook.OnStep(1);
        hook.SetMask(MaskOf(0));
        hook.OnStep(2);
        hook.OnStep(3);
        hook.SetMask(MaskOf(2));
        hook.OnStep(4);
        await hook.CompleteAsync(Stop);

        Assert.Equal(["auto", "1", "1", "3"], store.Saves.Select(save => save.Options.Parent.ToString()));
        Assert.Equal([2L, 1L, 1L, 1L], store.Saves.Select(save => save.Content.Delta.Mask.Count));
    }

    [Fact]
    public async Task OnStep_Buffers_AreSavedWholeBesideTheMask()
    {
        var model = MaskBudgetTests.Layout(("w", DType.F32, 4), ("bn.num_batches_tracked", DType.I64, 1));
        var counter = new byte[8];
        store.Layout = model;
        await using var hook = new CheckpointHook(
            store, "task", Mask.Create(model, [new TensorMask(0, new long[] { 1 })]),
            tensor => tensor == 0 ? MemoryMarshal.AsBytes(weights.AsSpan()) : counter,
            new CheckpointHookOptions { SaveEverySteps = 1, SaveOnStop = false, OnWarning = warnings.Add });

        hook.OnStep(1);
        await hook.CompleteAsync(Stop);

        Assert.Equal([1L, 1L], store.Saves.Single().Content.Delta.Mask.Tensors.Select(tensor => (long)tensor.Positions.Length));
    }

    [Fact]
    public async Task OnStep_Time_IsACadenceOfItsOwn()
    {
        var clock = new SteppedClock();
        await using var hook = Hook(
            new CheckpointHookOptions
            {
                SaveEverySteps = 0, SaveEvery = TimeSpan.FromMinutes(10), Clock = clock, Busy = BusyPolicy.Wait, SaveAtEnd = false,
            });

        var saved = new List<long>();
        for (var step = 1; step <= 30; step++)
        {
            clock.Now += TimeSpan.FromMinutes(1);
            if (hook.OnStep(step) == StepOutcome.Queued)
            {
                saved.Add(step);
            }
        }

        Assert.Equal([10L, 20L, 30L], saved);
    }

    [Fact]
    public async Task CompleteAsync_LastStepNotSaved_SavesIt()
    {
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 10 });
        for (var step = 1; step <= 13; step++)
        {
            hook.OnStep(step);
        }

        await hook.CompleteAsync(Stop);

        Assert.Equal([10L, 13L], store.Saves.Select(save => save.Step));
    }

    [Fact]
    public async Task LogFile_EachSave_IsALineOfJson()
    {
        var path = Path.GetTempFileName();
        try
        {
            await using (var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, LogFile = path, Busy = BusyPolicy.Wait }))
            {
                hook.OnStep(1);
                hook.OnStep(2);
                await hook.CompleteAsync(Stop);
            }

            var lines = (await File.ReadAllLinesAsync(path, Stop)).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
            Assert.Equal([1L, 2L], lines.Select(line => line.GetProperty("step").GetInt64()));
            Assert.All(
                lines,
                line => Assert.Equal((7, "task"), (line.GetProperty("storedBytes").GetInt64(), line.GetProperty("task").GetString())));
            Assert.All(lines, line => Assert.True(line.GetProperty("stallSeconds").GetDouble() >= 0));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task OnStep_FirstSave_FindsWhatChangedOutsideOfTheMask()
    {
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, Busy = BusyPolicy.Wait });
        (weights[0], weights[1]) = (7, 7);

        hook.OnStep(1);
        hook.OnStep(2);
        await hook.CompleteAsync(Stop);

        Assert.Equal((1L, "w"), (hook.Reports[0].Leak!.Count, hook.Reports[0].Leak!.Tensors[0].Name));
        Assert.Equal([0L], hook.Reports[0].Leak!.Tensors[0].First);
        Assert.Null(hook.Reports[1].Leak);
        Assert.Equal("step 1: 1 values of 1 tensors changed outside of the mask (w: 1 at 0)", Assert.Single(warnings));
    }

    [Fact]
    public async Task OnStep_LeakWithWiden_SavesThosePositionsToo()
    {
        await using var hook = Hook(
            new CheckpointHookOptions { SaveEverySteps = 1, Busy = BusyPolicy.Wait, OnLeak = LeakPolicy.Widen, LeakCheckEverySaves = 2 });
        for (var step = 1; step <= 4; step++)
        {
            (weights[0], weights[2]) = (weights[0] + 1, step >= 3 ? 9 : weights[2]);
            hook.OnStep(step);
        }

        await hook.CompleteAsync(Stop);

        Assert.Equal([1L, null, 1L, null], hook.Reports.Select(report => report.Leak?.Count));
        Assert.Equal([3L, 3L, 4L, 4L], store.Saves.Select(save => save.Content.Delta.Mask.Count));
        Assert.Equal([5f, 2f, 9f, 4f], Values(3));
    }

    [Fact]
    public async Task OnStep_LeakWithFail_ThrowsAndStoresNothing()
    {
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, OnLeak = LeakPolicy.Fail, QueueCapacity = 1 });
        weights[0] = 7;

        Assert.Equal(ErrorCode.MaskLeak, Assert.Throws<FishException>(() => hook.OnStep(1)).Code);
        Assert.Equal(ErrorCode.MaskLeak, Assert.Throws<FishException>(() => hook.OnStep(2)).Code);
        weights[0] = 1;
        Assert.Equal(StepOutcome.Queued, hook.OnStep(3));
        await hook.CompleteAsync(Stop);

        Assert.Equal(3, Assert.Single(store.Saves).Step);
    }

    [Fact]
    public async Task OnStep_NothingToCompareWith_WarnsAndChecksTheNext()
    {
        (var given, store.Base) = (store.Base, null);
        await using var hook = Hook(new CheckpointHookOptions { SaveEverySteps = 1, Busy = BusyPolicy.Wait });
        hook.OnStep(1);
        store.Base = given;
        hook.OnStep(2);
        await hook.CompleteAsync(Stop);

        Assert.Equal([false, true], hook.Reports.Select(report => report.Leak is not null));
        Assert.Single(warnings, warning => warning.Contains("could not be checked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RecomputeMaskEverySaves_AsksForTheNextMask()
    {
        var (asked, changed) = (0, new List<Mask>());
        await using var hook = Hook(new CheckpointHookOptions
        {
            SaveEverySteps = 1, Busy = BusyPolicy.Wait, RecomputeMaskEverySaves = 2, MaskSource = () => MaskOf(asked++ % 4),
                OnMaskChanged = changed.Add,
        });
        for (var step = 1; step <= 5; step++)
        {
            hook.OnStep(step);
        }

        await hook.CompleteAsync(Stop);

        Assert.Equal((2, hook.Mask), (asked, changed[^1]));
        Assert.Equal(["auto", "auto", "2", "2", "4"], store.Saves.Select(save => save.Options.Parent.ToString()));
        Assert.Equal([2L, 2L, 1L, 1L, 1L], store.Saves.Select(save => save.Content.Delta.Mask.Count));
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private static FishException Away() => new(ErrorCode.ServerUnavailable, "server", "It is away.", "Wait.");

    private float[] Values(int save) => MemoryMarshal.Cast<byte, float>(store.Saves.ElementAt(save).Content.Delta.Values[0].Span).ToArray();

    private Mask MaskOf(params long[] positions) => Mask.Create(layout, [new TensorMask(0, positions)]);

    private CheckpointHook Hook(CheckpointHookOptions options) => new(
        store, "task", MaskOf(1, 3), _ => MemoryMarshal.AsBytes(weights.AsSpan()),
        options with { SaveOnStop = false, RetryDelay = TimeSpan.FromMilliseconds(5), OnWarning = warnings.Add });

    private sealed class SteppedClock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
