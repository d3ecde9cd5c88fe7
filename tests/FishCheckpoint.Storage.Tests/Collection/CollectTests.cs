using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Collection;

/// <summary>What nothing keeps goes, what is kept stays whole, and the disk gets its bytes back.</summary>
public sealed class CollectTests : RecodeTest
{
    [Fact]
    public async Task Collect_Retention_KeepsLastEveryTaggedAndPinned()
    {
        var saves = await SaveChainAsync(1, 12);
        await Store.Checkpoints.SetTagAsync("task", "good", StepRef.At(3), Stop);
        await Store.Checkpoints.SetPinAsync("task", StepRef.At(4), pinned: true, Stop);
        await KeepAsync(new Retention(KeepLast: 2, KeepEvery: 5));
        var dry = await Store.Maintenance.CollectAsync(new CollectOptions { DryRun = true }, Stop);
        Assert.Equal(12, (await Store.Checkpoints.ListAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items.Count);
        var result = await Store.Maintenance.CollectAsync(null, Stop);

        Assert.Equal([3L, 4, 5, 10, 11, 12], (
            await Store.Checkpoints.ListAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items.Select(item => item.Step));
        Assert.Equal((6, 6), (result.Deleted, dry.Deleted));
        Assert.Equal([1L, 2, 6, 7, 8, 9], dry.Checkpoints.Select(item => item.Step));
        Assert.Equal(dry.Checkpoints.Select(item => (item.Step, item.Why, item.Bytes)),
            result.Checkpoints.Select(item => (item.Step, item.Why, item.Bytes)));
        Assert.Contains("task/3", dry.Checkpoints[1].NeededBy);
        Assert.Equal("none of: the last 2, every 5 steps, tagged, pinned", dry.Checkpoints[0].Why);
        await AssertKeptAsync(saves, 3, 4, 5, 10, 11, 12);
    }

    [Fact]
    public async Task Collect_ATagThatComesMeanwhile_KeepsItsCheckpoint()
    {
        // More than one transaction takes. After the first, whoever looks on tags a checkpoint that would go in the second.
        await SaveManyAsync();
        var onlooker = new Onlooker();
        await ReopenAsync(Options with { Progress = onlooker });
        onlooker.Then = () => Store.Checkpoints.SetTagAsync("many", "late", StepRef.At(68), Stop).GetAwaiter().GetResult();
        Assert.Equal(68, (await Store.Maintenance.CollectAsync(null, Stop)).Deleted);
        Assert.Equal([68L, 70], (
            await Store.Checkpoints.ListAsync("many", new PageRequest(), Stop).ReadPageAsync()).Items.Select(item => item.Step));
        AssertTotalsAreARecount();
    }

    [Fact]
    public async Task Collect_BrokenOffAfterSomeOfWhatWasDeleted_GoesOn()
    {
        await SaveManyAsync();
        using var end = new CancellationTokenSource();
        var onlooker = new Onlooker();
        await ReopenAsync(Options with { Progress = onlooker, DeletionGrace = TimeSpan.FromHours(1) });
        await Store.Maintenance.CollectAsync(null, Stop);
        Assert.Equal(69, (await Store.Reports.GetStorageAsync(null, Stop)).Grace.Checkpoints);
        onlooker.Then = end.Cancel;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Store.Maintenance.CollectAsync(new CollectOptions { Now = true }, end.Token));
        Assert.Equal(5, Ask("SELECT count(*) FROM checkpoints WHERE deleted = 1"));

        // None of it comes back, whether it is gone yet or not.
        await ReopenAsync(Options with { DeletionGrace = TimeSpan.FromHours(1) });
        Assert.Empty((await Store.Checkpoints.ListDeletedAsync("many", new PageRequest(), Stop).ReadPageAsync()).Items);
        await Assert.ThrowsAsync<FishException>(() => Store.Checkpoints.UndeleteAsync("many", 69, cancellationToken: Stop));
        AssertTotalsAreARecount();
        Assert.Empty((await Store.Maintenance.VerifyAsync(null, Stop)).Damaged);
        Assert.Equal(5, (await Store.Maintenance.CollectAsync(null, Stop)).Purged);
        Assert.Equal(1, Ask("SELECT count(*) FROM checkpoints"));
        AssertTotalsAreARecount();
    }

    private async Task SaveManyAsync()
    {
        var tiny = TestModel.Create(1, null, new TensorInfo("w", DType.F32, [8]));
        await Store.Bases.AddAsync("tiny", ModelUpload.FromStream(new MemoryStream(tiny.ToBytes())), Stop);
        await Store.Tasks.PutAsync("many", new TaskSpec("tiny", Retention: new Retention(KeepLast: 1)), Stop);
        for (var step = 1; step <= 70; step++)
        {
            using var file = ModelFolder.Open(tiny.Change(step, 0.5).Write(Path.Combine(Options.DataFolder, "..", "tiny")));
            await Store.Checkpoints.SaveAsync("many", step, new CheckpointContent.Full(file), null, Stop);
        }
    }

    private sealed class Onlooker : IProgress<WorkProgress>
    {
        public Action? Then { get; set; }

        public void Report(WorkProgress value)
        {
            if (value.Done > 0 && Then is { } then)
            {
                Then = null;
                then();
            }
        }
    }

    [Fact]
    public async Task Collect_DryRun_SaysWhatTheRoundDoes()
    {
        await SaveChainAsync(1, 9);
        await KeepAsync(new Retention(KeepLast: 1, KeepEvery: 4));
        var before = Ask("SELECT sum(length(data)) FROM pieces");
        var dry = await Store.Maintenance.CollectAsync(new CollectOptions { DryRun = true }, Stop);
        Assert.Equal(before, Ask("SELECT sum(length(data)) FROM pieces"));
        var result = await Store.Maintenance.CollectAsync(null, Stop);
        Assert.True(dry.DryRun);
        Assert.Equal((result.Deleted, result.Rebased, result.FreedBytes, result.TombstoneBytes),
            (dry.Deleted, dry.Rebased, dry.FreedBytes, dry.TombstoneBytes));
    }

    [Fact]
    public async Task Collect_DryRunWithoutTime_ListsWhatGoesAndCountsTheRestAsTombstones()
    {
        await SaveChainAsync(1, 9);
        await KeepAsync(new Retention(KeepLast: 1, KeepEvery: 4));
        var whole = await Store.Maintenance.CollectAsync(new CollectOptions { DryRun = true }, Stop);
        var brief = await Store.Maintenance.CollectAsync(new CollectOptions { DryRun = true, MaxTime = TimeSpan.FromTicks(1) }, Stop);
        Assert.Equal((true, false), (whole.Finished, brief.Finished));
        Assert.Equal(whole.Checkpoints.Select(item => (item.Step, item.Why)), brief.Checkpoints.Select(item => (item.Step, item.Why)));
        Assert.Equal((0, 0), (brief.FreedBytes, brief.Rebased));
        Assert.True(brief.TombstoneBytes >= whole.FreedBytes);
    }

    [Fact]
    public async Task Collect_DeletedMiddleOfAChain_RebasesTheRestAndRemovesIt()
    {
        var saves = await SaveChainAsync(1, 10);
        await DeleteAsync(saves, 2, 3, 4, 6, 7);
        Assert.Equal(5, Ask("SELECT count(*) FROM checkpoints WHERE deleted = 1"));
        var stored = StoredBytes();
        var result = await Store.Maintenance.CollectAsync(null, Stop);

        Assert.Equal((0, 2, 0), (result.Deleted, result.Rebased, result.TombstoneBytes));
        Assert.Equal(0, Ask("SELECT count(*) FROM checkpoints WHERE deleted = 1"));
        Assert.Equal(stored - StoredBytes(), result.FreedBytes);
        Assert.Equal("1", (await Store.Checkpoints.GetAsync("task", StepRef.At(5), Stop)).Parent);
        Assert.Equal("5", (await Store.Checkpoints.GetAsync("task", StepRef.At(8), Stop)).Parent);
        await AssertKeptAsync(saves, 1, 5, 8, 9, 10);
    }

    [Fact]
    public async Task Collect_DeletedStartOfAChain_RebasesTheRestOntoTheBase()
    {
        var saves = await SaveChainAsync(1, 4);
        await DeleteAsync(saves, 1, 2, 3);
        await Store.Maintenance.CollectAsync(null, Stop);
        Assert.Equal("base", (await Store.Checkpoints.GetAsync("task", StepRef.At(4), Stop)).Parent);
        Assert.Equal(1, Ask("SELECT count(*) FROM checkpoints"));
        await AssertKeptAsync(saves, 4);
    }

    [Fact]
    public async Task Collect_WhereThatWouldTakeMore_HoldsThem()
    {
        var saves = await SaveChainAsync(1, 2);
        foreach (var step in new long[] { 3, 4, 5 })
        {
            saves.Models[("task", step)] = saves.Models[("task", 2)].Change((int)step, 0.0005);
            await SavePatchOnAsync(step, saves.Models[("task", step)], 2, saves.Models[("task", 2)]);
        }

        await DeleteAsync(saves, 2);
        var (stored, dry) = (StoredBytes(), await Store.Maintenance.CollectAsync(new CollectOptions { DryRun = true }, Stop));
        for (var round = 0; round < 2; round++)
        {
            var result = await Store.Maintenance.CollectAsync(null, Stop);
            Assert.Equal((0, 0), (result.Rebased, result.FreedBytes));
            Assert.Equal(dry.TombstoneBytes, result.TombstoneBytes);
            Assert.True(result.TombstoneBytes > 0);
        }

        Assert.Equal(stored, StoredBytes());

        // Where fewer need it, it pays.
        await DeleteAsync(saves, 3, 4);
        Assert.Equal(1, (await Store.Maintenance.CollectAsync(null, Stop)).Rebased);
        Assert.Equal(0, Ask("SELECT count(*) FROM checkpoints WHERE deleted = 1"));
        await AssertKeptAsync(saves, 1, 5);
    }

    [Fact]
    public async Task Collect_PredictedValues_AreFreedOfDeletedReferences()
    {
        var saves = await SaveAllAsync();
        Assert.Equal(6, Ask("SELECT count(*) FROM checkpoints WHERE reference IS NOT NULL AND task = 1"));
        await DeleteAsync(saves, 10, 11, 12, 14, 15);
        var result = await Store.Maintenance.CollectAsync(null, Stop);
        Assert.True(result.FreedBytes > 0);
        Assert.Equal(0, Ask("SELECT count(*) FROM checkpoints WHERE deleted = 1"));
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Collect_EverythingDeleted_ReturnsTheSpaceToTheDisk()
    {
        var saves = await SaveChainAsync(1, 30);
        await DeleteAsync(saves, [.. Enumerable.Range(1, 28).Select(step => (long)step)]);
        var before = new FileInfo(DatabasePath).Length + new FileInfo(DatabasePath + "-wal").Length;
        var result = await Store.Maintenance.CollectAsync(null, Stop);
        Assert.Equal(0, Ask("PRAGMA freelist_count"));
        Assert.Equal(0, new FileInfo(DatabasePath + "-wal").Length);
        Assert.Equal(before - new FileInfo(DatabasePath).Length, result.ReturnedBytes);
        Assert.InRange(result.ReturnedBytes, 1, before);
        Assert.Equal(Ask("PRAGMA page_count") * Ask("PRAGMA page_size"), new FileInfo(DatabasePath).Length);
        await AssertKeptAsync(saves, 29, 30);
    }

    [Fact]
    public async Task Collect_WhileReadersRead_GivesThemWhatTheyOpened()
    {
        var saves = await SaveChainAsync(1, 6);
        await using (var open = await Store.States.OpenAsync("task", StepRef.At(3), Stop))
        {
            var expected = saves.Models[("task", 3)].ToBytes();
            await DeleteAsync(saves, 1, 2, 3, 4, 5);
            using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.Maintenance.CollectAsync(null, impatient.Token));
            Assert.Equal(expected, await open.ReadAsync());
        }

        await Store.Maintenance.CollectAsync(null, Stop);
        Assert.Equal(0, new FileInfo(DatabasePath + "-wal").Length);
        await AssertKeptAsync(saves, 6);
    }

    [Fact]
    public async Task Collect_OutOfTime_IsGoneOnWithByTheNext()
    {
        var saves = await SaveChainAsync(1, 10);
        await DeleteAsync(saves, 2, 4, 6);
        var first = await Store.Maintenance.CollectAsync(new CollectOptions { MaxTime = TimeSpan.FromTicks(1) }, Stop);
        Assert.Equal((false, 0L), (first.Finished, first.Rebased));
        Assert.True(first.TombstoneBytes > 0);
        Assert.True((await Store.Maintenance.CollectAsync(null, Stop)).Finished);
        await AssertKeptAsync(saves, 1, 3, 5, 7, 8, 9, 10);
    }

    [Fact]
    public async Task Collect_DamagedDependant_IsNamedAndEverythingStays()
    {
        var saves = await SaveChainAsync(1, 3);
        await DeleteAsync(saves, 2);
        Sql("UPDATE pieces SET data = zeroblob(length(data)) WHERE frame = (SELECT frame FROM checkpoints WHERE step = 3)");
        var result = await Store.Maintenance.CollectAsync(null, Stop);
        Assert.Equal("task/3", Assert.Single(result.Damaged).Key);
        Assert.Equal(1, Ask("SELECT count(*) FROM checkpoints WHERE deleted = 1"));
    }

    [Fact]
    public async Task Collect_StoresOwnRetention_IsForTasksWithoutRules()
    {
        await SaveChainAsync(1, 5);
        await Store.Tasks.PutAsync("other", new TaskSpec("base", Retention: new Retention(KeepLast: 100)), Stop);
        await Store.Tasks.PutAsync("best", new TaskSpec("base", Retention: new Retention(Monitor: "loss")), Stop);
        foreach (var task in new[] { "other", "best" })
        {
            for (var step = 1; step <= 3; step++)
            {
                await SaveModelAsync(task, step, Base.Change(step),
                    new SaveOptions { Metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = step } });
            }
        }

        await ReopenAsync(Options with { Retention = new Retention(KeepLast: 1) });
        Assert.Equal(4, (await Store.Maintenance.CollectAsync(new CollectOptions { Task = "task" }, Stop)).Deleted + (
            await Store.Maintenance.CollectAsync(new CollectOptions { Task = "best" }, Stop)).Deleted);
        Assert.Equal(0, (await Store.Maintenance.CollectAsync(null, Stop)).Deleted);
        Assert.Equal(1, (await Store.Checkpoints.GetAsync("best", StepRef.Best, Stop)).Step);
        Assert.Equal(3, (await Store.Tasks.GetAsync("other", Stop)).Checkpoints);
    }

    [Fact]
    public async Task Delete_Pinned_IsRefused()
    {
        await SaveChainAsync(1, 1);
        await Store.Checkpoints.SetPinAsync("task", StepRef.Latest, pinned: true, Stop);
        foreach (var delete in new[] { () => Store.Checkpoints.DeleteAsync(
            "task", StepRef.At(1), Stop), () => Store.Tasks.DeleteAsync("task", Stop) })
        {
            Assert.Equal(ErrorCode.CheckpointPinned, (await Assert.ThrowsAsync<FishException>(delete)).Code);
        }

        Assert.True((await Store.Checkpoints.GetAsync("task", StepRef.At(1), Stop)).Pinned);
        await Store.Checkpoints.SetPinAsync("task", StepRef.At(1), pinned: false, Stop);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
    }

    private async Task<VariedSaves> SaveChainAsync(long first, int steps)
    {
        await ReopenAsync(Options with { Codec = Fast });
        var saves = new VariedSaves(Store, Base, Options.DataFolder, Stop);
        var model = Base;
        for (var step = first; step < first + steps; step++)
        {
            var next = model.Change((int)step, 0.002);
            await (step == first ? SaveModelAsync("task", step, next) : SavePatchOnAsync(step, next, step - 1, model));
            saves.Models[("task", step)] = model = next;
        }

        return saves;
    }

    private async Task SaveModelAsync(string task, long step, TestModel model, SaveOptions? options = null)
    {
        using var file = ModelFolder.Open(model.Write(Path.Combine(Options.DataFolder, "..", $"{task}-{step}")));
        await Store.Checkpoints.SaveAsync(task, step, new CheckpointContent.Full(file), options, Stop);
    }

    private async Task SavePatchOnAsync(long step, TestModel model, long parent, TestModel on)
    {
        var path = Path.Combine(Options.DataFolder, "..", $"{step}.patch");
        await File.WriteAllBytesAsync(path, model.PatchAgainst(on), Stop);
        using var file = SafetensorsFile.Open(path);
        await Store.Checkpoints.SaveAsync(
            "task", step, new CheckpointContent.Sparse(file), new SaveOptions { Parent = ParentChoice.At(parent) }, Stop);
    }

    private async Task KeepAsync(Retention retention) =>
        await Store.Tasks.PutAsync("task", new TaskSpec("base", Retention: retention), Stop);

    private async Task DeleteAsync(VariedSaves saves, params long[] steps)
    {
        foreach (var step in steps)
        {
            await Store.Checkpoints.DeleteAsync("task", StepRef.At(step), Stop);
            saves.Models.Remove(("task", step));
        }
    }

    private long StoredBytes() => Ask("SELECT sum(length(head) + payload) FROM frames");

    private async Task AssertKeptAsync(VariedSaves saves, params long[] steps)
    {
        Assert.Equal(
            steps, (await Store.Checkpoints.ListAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items.Select(item => item.Step));
        foreach (var key in saves.Models.Keys.Where(key => !steps.Contains(key.Step)).ToArray())
        {
            saves.Models.Remove(key);
        }

        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
    }
}
