using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>What every store that folds does. It is opened without a deletion grace.</summary>
[Trait("Category", TestedStore.LongSuites)]
public class FoldContract : CheckpointStoreContract
{
    private const int Steps = 12;

    private static readonly FoldOptions Tight = new() { MaxReadCost = 1.1 };

    protected override StoreSetup Setup => new() { DeletionGrace = TimeSpan.Zero };

    private IMaintenance Folding => Store.Maintenance;

    [Fact]
    public async Task Fold_ChainThatCostsTooMuch_IsReadForLessAndIsTheSame()
    {
        var models = await SaveChainAsync();
        var before = await InfosAsync(models);
        var result = await Folding.FoldAsync(Tight, Stop);
        Assert.Empty(result.Damaged);
        Assert.Equal((true, 0L), (result.Finished, result.Skipped));
        Assert.InRange(result.Folded, 1, Steps);
        Assert.InRange(result.ReadAfter, 1, result.ReadBefore - 1);
        var after = await InfosAsync(models);
        Assert.Equal(before.Select(info => (info.State, info.Tag)), after.Select(info => (info.State, info.Tag)));
        Assert.InRange(after.Max(info => info.Chain), 1, before.Max(info => info.Chain) - 1);
        Assert.Equal(0, (await Folding.FoldAsync(Tight, Stop)).Folded);
        await AssertAllAsync(models);
    }

    [Fact]
    public async Task Fold_WithinTheBound_DoesNothing()
    {
        var models = await SaveChainAsync();
        var result = await Folding.FoldAsync(null, Stop);
        Assert.Equal((0L, 0L, 0L, 0L, true), (result.Folded, result.Kept, result.Skipped, result.Growth, result.Finished));
        await AssertAllAsync(models);
    }

    [Fact]
    public async Task Fold_OnDeleted_GivesBackWhatTheyTook()
    {
        var models = await SaveChainAsync();
        foreach (var step in new long[] { 3, 4, 8 })
        {
            await Store.Checkpoints.DeleteAsync("task", StepRef.At(step), Stop);
            models.Remove(step);
        }

        var before = await ReportAsync();
        var result = await Folding.FoldAsync(null, Stop);
        var after = await ReportAsync();
        Assert.Equal((2L, true), (result.Folded, result.Finished));
        Assert.Equal((0L, true), (after.Disk!.Reclaimable, before.Disk!.Reclaimable > 0));
        Assert.Equal(after.Stored.Total - before.Stored.Total - before.Disk.Reclaimable, result.Growth);
        Assert.InRange(result.Growth, long.MinValue, 0);
        await AssertAllAsync(models);
    }

    [Fact]
    public async Task Fold_WithinABudget_GoesOnInTheNextRound()
    {
        var models = await SaveChainAsync();
        var rounds = 0;
        for (var finished = false; !finished; rounds++)
        {
            var result = await Folding.FoldAsync(Tight with { MaxBytes = 1 }, Stop);
            Assert.InRange(result.Folded + result.Kept, 0, 1);
            finished = result.Finished;
            Assert.InRange(rounds, 0, 2 * Steps);
        }

        Assert.InRange(rounds, 2, 2 * Steps);
        Assert.InRange((await Folding.FoldAsync(Tight with { MaxTime = TimeSpan.FromTicks(1) }, Stop)).Folded, 0, 1);
        await AssertAllAsync(models);
    }

    [Fact]
    public async Task Fold_WhileOthersReadSaveAndDelete_DisturbsNone()
    {
        var models = await SaveChainAsync();
        await using var open = await Store.States.OpenAsync("task", StepRef.At(Steps), Stop);
        var last = models[Steps];
        var writing = Task.Run(
            async () =>
            {
                for (var step = Steps + 1; step <= Steps + 6; step++)
                {
                    var next = last.Change(step, 0.02);
                    await SavePatchAsync(step, next.PatchAgainst(last), new SaveOptions { Parent = ParentChoice.Previous });
                    (models[step], last) = (next, next);
                    await Store.Checkpoints.DeleteAsync("task", StepRef.At(step - Steps), Stop);
                    models.Remove(step - Steps);
                }
            },
            Stop);
        while (!writing.IsCompleted)
        {
            Assert.Empty((await Folding.FoldAsync(Tight, Stop)).Damaged);
        }

        await writing;
        Assert.Empty((await Folding.FoldAsync(Tight, Stop)).Damaged);
        Assert.Equal(models[Steps].ToBytes(), await open.ReadAsync());
        await AssertAllAsync(models);
        await Store.Tasks.DeleteAsync("task", Stop);
        Assert.Equal((0L, 0L), ((await ReportAsync()).Stored.Total, (await ReportAsync()).Disk!.Reclaimable));
    }

    [Fact]
    public async Task Fold_Canceled_Ends()
    {
        var models = await SaveChainAsync();
        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Folding.FoldAsync(Tight, canceled.Token));
        await AssertAllAsync(models);
    }

    [Fact]
    public async Task Fold_WhatCannotBe_IsRefused()
    {
        await RefusedAsync(ErrorCode.TaskNotFound, () => Folding.FoldAsync(new FoldOptions { Task = "none" }, Stop));
        await RefusedAsync(ErrorCode.NameInvalid, () => Folding.FoldAsync(new FoldOptions { Task = "../a" }, Stop));
        await RefusedAsync(ErrorCode.RequestInvalid, () => Folding.FoldAsync(new FoldOptions { MaxBytes = 0 }, Stop));
        await RefusedAsync(ErrorCode.RequestInvalid, () => Folding.FoldAsync(new FoldOptions { MaxTime = TimeSpan.Zero }, Stop));
        await RefusedAsync(ErrorCode.RequestInvalid, () => Folding.FoldAsync(new FoldOptions { MaxReadCost = 0.5 }, Stop));
    }

    // Each step changes another 2% than the one before.
    private async Task<Dictionary<long, TestModel>> SaveChainAsync()
    {
        var (models, model) = (new Dictionary<long, TestModel>(), Base);
        for (var step = 1L; step <= Steps; step++)
        {
            var next = model.Change((int)step, 0.02);
            await SavePatchAsync(step, next.PatchAgainst(model), new SaveOptions { Parent = ParentChoice.Previous });
            models[step] = model = next;
        }

        return models;
    }

    private async Task<List<(Digest State, Digest Tag, long Chain)>> InfosAsync(Dictionary<long, TestModel> models)
    {
        var infos = new List<(Digest, Digest, long)>();
        foreach (var step in models.Keys)
        {
            var info = await Store.Checkpoints.GetAsync("task", StepRef.At(step), Stop);
            await using var reader = await Store.States.OpenAsync("task", StepRef.At(step), Stop);
            infos.Add((info.State, reader.Files.Single().Tag, info.ChainBytes));
        }

        return infos;
    }

    private async Task AssertAllAsync(Dictionary<long, TestModel> models)
    {
        foreach (var (step, model) in models)
        {
            Assert.Equal(model.ToBytes(), await Store.RestoreAsync("task", step));
            var verified = await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(step), Stop);
            Assert.True(verified.Sound, verified.Problem);
        }
    }

    private Task<Reports.StorageReport> ReportAsync() => Store.Reports.GetStorageAsync(null, Stop);
}
