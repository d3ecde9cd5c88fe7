using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;
using FishCheckpoint.Stores;
using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>What every store says of the way from one state to another, and of the way of a task.</summary>
public class ComparisonContract : CheckpointStoreContract
{
    private IStates Comparison => Store.States;

    private IReports Reports => Store.Reports;

    [Fact]
    public async Task Compare_CountsWhatTellsTwoStatesApart()
    {
        var (first, second) = (Base.Change(1), Base.Change(2, 0.2));
        await SaveFullAsync(1, first);
        await SaveFullAsync(2, second);
        await Store.Checkpoints.SetTagAsync("task", "good", StepRef.At(1), Stop);
        AssertCounts(await Comparison.CompareAsync("task", StepRef.Latest, default, Stop), "base", 2, Base, second);
        AssertCounts(await Comparison.CompareAsync("task", StepRef.At(2), StateRef.Parse("good"), Stop), "1", 2, first, second);
        AssertCounts(await Comparison.CompareAsync("task", StepRef.At(1), StateRef.Parse("2"), Stop), "2", 1, second, first);
        var none = await Comparison.CompareAsync("task", StepRef.At(2), StateRef.Parse("2"), Stop);
        Assert.Equal((0L, 0.0, 0.0), (none.Changed, none.Magnitude.L2, none.Density));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Comparison.CompareAsync("task", StepRef.At(2), default, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Compare_AcrossTasks_NeedsTheSameLayout()
    {
        await Store.Tasks.PutAsync("other", new TaskSpec("base"), Stop);
        await Store.Tasks.PutAsync("apart", new TaskSpec(
            "base", Tensors: new Dictionary<string, OwnTensor?>(StringComparer.Ordinal) { ["head.weight"] = null }), Stop);
        var (mine, theirs) = (Base.Change(1), Base.Change(2));
        await SaveFullAsync(1, mine);
        await SaveFullAsync(7, theirs, task: "other");
        await SaveFullAsync(1, Base.Without("head.weight"), task: "apart");
        AssertCounts(
            await Comparison.CompareAsync("task", StepRef.At(1), StateRef.Parse("other:latest"), Stop), "other:7", 1, theirs, mine);
        await RefusedAsync(ErrorCode.LayoutMismatch, () => Comparison.CompareAsync("task", StepRef.At(1), StateRef.Parse("apart:1"), Stop));
        await RefusedAsync(ErrorCode.CheckpointNotFound, () => Comparison.CompareAsync("task", StepRef.At(1), StateRef.Parse("99"), Stop));
        await RefusedAsync(ErrorCode.TaskNotFound, () => Comparison.CompareAsync("none", StepRef.At(1), default, Stop));
    }

    [Fact]
    public async Task Timeline_IsThinnedEvenly_AndNamesWhereMetricsAreBest()
    {
        await Store.Tasks.PutAsync("task", new TaskSpec("base", Retention: new Retention(Monitor: "accuracy", Mode: "max")), Stop);
        for (var step = 1; step <= 21; step++)
        {
            var metrics = new Dictionary<string, double>(StringComparer.Ordinal)
            {
                ["loss"] = Math.Abs(step - 8), ["accuracy"] = Math.Min(step, 12), ["odd"] = double.NaN,
            };
            await SaveFullAsync(step * 10, Base.Change(step, 0.0001), new SaveOptions { Metrics = metrics });
        }

        await Store.Checkpoints.SetTagAsync("task", "good", StepRef.At(80), Stop);
        var all = await Reports.GetTimelineAsync("task", null, Stop);
        Assert.Equal((21L, 1L), (all.Checkpoints, all.Stride));
        Assert.Equal(Enumerable.Range(1, 21).Select(step => step * 10L), all.Points.Select(point => point.Step));
        Assert.Equal(["good"], all.Points[7].Tags);
        var info = await Store.Checkpoints.GetAsync("task", StepRef.At(80), Stop);
        Assert.Equal(
            (info.StoredBytes, info.Changed, info.Depth, info.Created),
            (all.Points[7].StoredBytes, all.Points[7].Changed, all.Points[7].Depth, all.Points[7].Created));
        Assert.Equal([new MetricRange("accuracy", 1, 10, 12, 210), new MetricRange("loss", 0, 80, 13, 210)], all.Metrics);
        var few = await Reports.GetTimelineAsync("task", new TimelineRequest { Points = 5 }, Stop);
        Assert.Equal([10L, 60, 110, 160, 210], few.Points.Select(point => point.Step));
        var part = await Reports.GetTimelineAsync("task", new TimelineRequest { Points = 2, From = 35, To = 125 }, Stop);
        Assert.Equal([40L, 120], part.Points.Select(point => point.Step));
        Assert.Empty((await Reports.GetTimelineAsync("task", new TimelineRequest { From = 500 }, Stop)).Points);
        await RefusedAsync(ErrorCode.RequestInvalid, () => Reports.GetTimelineAsync("task", new TimelineRequest { Points = 1 }, Stop));
        await RefusedAsync(
            ErrorCode.RequestInvalid, () => Reports.GetTimelineAsync("task", new TimelineRequest { From = 2, To = 1 }, Stop));
        await RefusedAsync(ErrorCode.TaskNotFound, () => Reports.GetTimelineAsync("none", null, Stop));
        var task = await Store.Tasks.GetAsync("task", Stop);
        Assert.Equal((210L, 12.0, 210L), (task.Best, task.BestValue, task.Latest));
        Assert.Equal((await Store.Checkpoints.GetAsync("task", StepRef.Latest, Stop)).Created, task.Saved);
        await AssertBackwardsAsync();
    }

    [Fact]
    public async Task Timeline_OfStepsFarApart_TakesItsPoints()
    {
        await SaveFullAsync(0, Base.Change(1));
        await SaveFullAsync(long.MaxValue, Base.Change(2));
        var ends = await Reports.GetTimelineAsync("task", new TimelineRequest { Points = 2 }, Stop);
        Assert.Equal([0L, long.MaxValue], ends.Points.Select(point => point.Step));
        Assert.Equal([long.MaxValue, 0L], (await Store.Checkpoints.ListAsync(
            "task", new PageRequest(Descending: true), Stop).ReadPageAsync()).Items.Select(item => item.Step));
        Assert.Empty(ends.Metrics);
        Assert.Null((await Store.Tasks.GetAsync("task", Stop)).Best);
    }

    private async Task AssertBackwardsAsync()
    {
        var (found, page) = (new List<long>(), new PageRequest(8, Descending: true));
        for (Page<CheckpointInfo> part; ; page = page with { After = part.Next })
        {
            part = await Store.Checkpoints.ListAsync("task", page, Stop).ReadPageAsync();
            found.AddRange(part.Items.Select(item => item.Step));
            if (part.Next is null)
            {
                break;
            }
        }

        Assert.Equal(Enumerable.Range(1, 21).Select(step => 220 - (step * 10L)), found);
    }

    // Unit by unit, the plain way.
    private static void AssertCounts(ChangeReport report, string from, long to, TestModel before, TestModel after)
    {
        Assert.Equal(("task", from, to), (report.Task, report.From, report.To));
        Assert.Equal(before.Layout.Tensors.Select(tensor => tensor.Name), report.Tensors.Select(tensor => tensor.Name));
        foreach (var (tensor, compared) in before.Layout.Tensors.Zip(report.Tensors))
        {
            var (old, now, unit) = (before[tensor.Name], after[tensor.Name], tensor.UnitSize);
            var changed = Enumerable.Range(0, (int)tensor.Units)
                .LongCount(index => !old.AsSpan(index * unit, unit).SequenceEqual(now.AsSpan(index * unit, unit)));
            Assert.Equal((changed, tensor.Units), (compared.Changed, compared.Elements));
        }

        Assert.Equal(report.Tensors.Sum(tensor => tensor.Changed), report.Changed);
    }
}
