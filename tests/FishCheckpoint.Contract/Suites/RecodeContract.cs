using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>What every store that recodes does. It is opened with the effort <see cref="Codec.CodecEffort.Fast"/>.</summary>
[Trait("Category", TestedStore.LongSuites)]
public class RecodeContract : CheckpointStoreContract
{
    protected override StoreSetup Setup => new() { Effort = Codec.CodecEffort.Fast };

    private IMaintenance Recoding => Store.Maintenance;

    [Fact]
    public async Task Recode_EveryForm_GivesTheSameContentInFewerBytes()
    {
        var saves = await SaveAllAsync();
        var (before, stored) = (await IdentitiesAsync(saves), await StoredAsync());
        var result = await Recoding.RecodeAsync(null, Stop);

        Assert.Empty(result.Damaged);
        Assert.True(result.Finished);
        Assert.Equal(0, result.Skipped);
        Assert.InRange(result.Recoded, 8, saves.Models.Count + 2);
        Assert.InRange(result.BytesAfter, 1, result.BytesBefore - 1);
        Assert.Equal(result.BytesAfter - result.BytesBefore, await StoredAsync() - stored);
        Assert.Equal(before, await IdentitiesAsync(saves));
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Recode_Again_DoesNothing()
    {
        var saves = await SaveAllAsync();
        await Recoding.RecodeAsync(null, Stop);
        var stored = await StoredAsync();
        var again = await Recoding.RecodeAsync(null, Stop);
        Assert.Equal(
            (0, 0, 0, 0, 0, true), (again.Recoded, again.Kept, again.Skipped, again.BytesBefore, again.BytesAfter, again.Finished));
        Assert.Equal(stored, await StoredAsync());

        // What is saved afterwards is taken.
        await saves.SaveMaskedAsync("task", 50, 2, saves.MaskOf(Base, 3_000), Base);
        Assert.Equal(3, await Recoding.RecodeAsync(null, Stop) is var more ? more.Recoded + more.Kept : -1);
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Recode_ATask_LeavesTheOthers()
    {
        var saves = await SaveAllAsync();
        var task = await StoredAsync("task");
        var result = await Recoding.RecodeAsync(new RecodeOptions { Task = "narrow" }, Stop);
        Assert.Equal(saves.Models.Keys.Count(key => key.Task == "narrow") + 1, result.Recoded + result.Kept);
        Assert.Equal(task, await StoredAsync("task"));
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Recode_BytesOfABudget_AreKeptAndTheNextRoundGoesOn()
    {
        var saves = await SaveAllAsync();
        var (rounds, frames) = (0, 0L);
        for (var finished = false; !finished; rounds++)
        {
            var result = await Recoding.RecodeAsync(new RecodeOptions { MaxBytes = 60_000 }, Stop);
            Assert.True(result.BytesBefore <= 60_000 || result.Recoded + result.Kept == 1, $"{result}");
            finished = result.Finished;
            frames += result.Recoded + result.Kept;
        }

        Assert.InRange(rounds, 3, 100);
        Assert.InRange(frames, saves.Models.Count + 2, saves.Models.Count + 3);
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Recode_AnInstant_TakesOneFrameARound()
    {
        var saves = await SaveAllAsync();
        var result = await Recoding.RecodeAsync(new RecodeOptions { MaxTime = TimeSpan.FromTicks(1) }, Stop);
        Assert.Equal((1, false), (result.Recoded + result.Kept, result.Finished));
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Recode_BranchesAndTombstones_ReadOnAndGo()
    {
        var saves = await SaveAllAsync();
        foreach (var step in new long[] { 1, 10, 12 })
        {
            await Store.Checkpoints.DeleteAsync("task", StepRef.At(step), Stop);
            saves.Models.Remove(("task", step));
        }

        await Recoding.RecodeAsync(null, Stop);
        await AssertAllAsync(saves);
        await Store.Tasks.DeleteAsync("task", Stop);
        await Store.Tasks.DeleteAsync("narrow", Stop);
        var report = await Store.Reports.GetStorageAsync(null, Stop);
        Assert.Equal((0L, 0L, 0L), (report.Checkpoints, report.Stored.Total, report.Disk!.Reclaimable));
    }

    [Fact]
    public async Task Recode_WhileOthersReadSaveAndDelete_DisturbsNone()
    {
        var saves = await SaveAllAsync();
        using var done = new CancellationTokenSource();
        var models = saves.Models.ToArray();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() => ReadAsync(models, done.Token), Stop)).ToArray();
        var mask = saves.MaskOf(Base, 3_000);
        var writing = Task.Run(
            async () =>
            {
                for (var step = 100L; step < 112; step++)
                {
                    await saves.SaveMaskedAsync("task", step, 1, mask, Base);
                    if (step % 2 == 0)
                    {
                        await Store.Checkpoints.DeleteAsync(
                            "task", StepRef.At(step - 1), new CancellationToken()).ContinueWith(_ => { }, Stop);
                        saves.Models.Remove(("task", step - 1));
                    }
                }
            },
            Stop);
        for (var round = 0; !writing.IsCompleted || round < 2; round++)
        {
            Assert.Empty((await Recoding.RecodeAsync(null, Stop)).Damaged);
        }

        await writing;
        await done.CancelAsync();
        Assert.All(await Task.WhenAll(readers), read => Assert.InRange(read, 1, int.MaxValue));
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Recode_Canceled_Ends()
    {
        var saves = await SaveAllAsync();
        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Recoding.RecodeAsync(null, canceled.Token));
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Recode_WhatCannotBe_IsRefused()
    {
        await RefusedAsync(ErrorCode.TaskNotFound, () => Recoding.RecodeAsync(new RecodeOptions { Task = "none" }, Stop));
        await RefusedAsync(ErrorCode.NameInvalid, () => Recoding.RecodeAsync(new RecodeOptions { Task = "../a" }, Stop));
        await RefusedAsync(ErrorCode.RequestInvalid, () => Recoding.RecodeAsync(new RecodeOptions { MaxBytes = 0 }, Stop));
        await RefusedAsync(ErrorCode.RequestInvalid, () => Recoding.RecodeAsync(new RecodeOptions { MaxTime = TimeSpan.Zero }, Stop));
    }

    private async Task<VariedSaves> SaveAllAsync()
    {
        var saves = new VariedSaves(Store, Base, Folder, Stop);
        await saves.SaveAsync();
        return saves;
    }

    // Reads all again and again until it is stopped, whole and as it was each time.
    private async Task<int> ReadAsync(KeyValuePair<(string Task, long Step), TestModel>[] models, CancellationToken done)
    {
        var read = 0;

        // At least once: on a busy machine the writer may be done before a reader is started.
        do
        {
            var ((task, step), model) = models[read++ % models.Length];
            Assert.Equal(model.ToBytes(), await Store.RestoreAsync(task, step));
        }
        while (!done.IsCancellationRequested);

        return read;
    }

    private async Task<List<(Digest State, Digest Mask, Digest Tag)>> IdentitiesAsync(VariedSaves saves)
    {
        var identities = new List<(Digest, Digest, Digest)>();
        foreach (var (task, step) in saves.Models.Keys)
        {
            var info = await Store.Checkpoints.GetAsync(task, StepRef.At(step), Stop);
            await using var reader = await Store.States.OpenAsync(task, StepRef.At(step), Stop);
            identities.Add((info.State, info.Mask, reader.Files.Single().Tag));
        }

        return identities;
    }

    private async Task AssertAllAsync(VariedSaves saves)
    {
        foreach (var ((task, step), model) in saves.Models)
        {
            Assert.Equal(model.ToBytes(), await Store.RestoreAsync(task, step));
            var verified = await Store.Maintenance.VerifyCheckpointAsync(task, StepRef.At(step), Stop);
            Assert.True(verified.Sound, verified.Problem);
        }
    }

    private async Task<long> StoredAsync(string? task = null) => (await Store.Reports.GetStorageAsync(task, Stop)).Stored.Total;
}
