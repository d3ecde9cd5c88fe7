using System.Runtime.InteropServices;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Collection;

/// <summary>What is deleted keeps its bytes until its grace is over, then goes, and leaves the totals and all others as they are.</summary>
public sealed class GraceTests : StoreFixture
{
    private readonly SettableTime time = new();
    private readonly SortedDictionary<long, TestModel> models = [];

    protected override StoreOptions Options => base.Options with
    {
        DeletionGrace = TimeSpan.FromHours(2), Time = time,
    };

    [Fact]
    public async Task Delete_AndUndelete_KeepTheTotalsARecount()
    {
        await SaveChainAsync(9);
        AssertTotalsAreARecount();
        foreach (var step in new long[] { 1, 4, 5, 9 })
        {
            await Store.Checkpoints.DeleteAsync("task", StepRef.At(step), Stop);
            AssertTotalsAreARecount();
        }

        Assert.Equal(4, (await Store.Reports.GetStorageAsync(null, Stop)).Grace.Checkpoints);
        foreach (var step in new long[] { 5, 9, 1, 4 })
        {
            await Store.Checkpoints.UndeleteAsync("task", step, cancellationToken: Stop);
            AssertTotalsAreARecount();
        }

        await AssertKeptAsync(1, 2, 3, 4, 5, 6, 7, 8, 9);
        await Store.Tasks.DeleteAsync("task", Stop);
        AssertTotalsAreARecount();
        Assert.Equal((0, 9), ((await Store.Reports.GetStorageAsync(null, Stop)).TaskCount, (
            await Store.Reports.GetStorageAsync(null, Stop)).Grace.Checkpoints));
        await Store.Tasks.UndeleteAsync("task", cancellationToken: Stop);
        AssertTotalsAreARecount();
        await AssertKeptAsync(1, 2, 3, 4, 5, 6, 7, 8, 9);
        Assert.Empty((await Store.Maintenance.VerifyAsync(null, Stop)).Damaged);
    }

    [Fact]
    public async Task DeleteTask_SharingItsMask_LeavesItToAVisibleOne()
    {
        // What a mask takes is accounted to a checkpoint that can be seen, as long as there is one, whatever was deleted in which order.
        const string Astray = """
            SELECT count(*) FROM checkpoints c WHERE deleted = 1 AND blocks = 0 AND brought_bytes > 0
            AND EXISTS (SELECT 1 FROM checkpoints v WHERE v.mask = c.mask AND v.blocks = 0 AND v.deleted = 0)
            """;
        await Store.Tasks.PutAsync("other", new TaskSpec("base"), Stop);
        await SaveFixedAsync(2);
        await SaveFixedAsync(2, "other");
        Assert.Equal(1, Ask("SELECT count(DISTINCT mask) FROM checkpoints"));
        foreach (var (first, second) in new[] { ("task", "other"), ("other", "task"), ("task", "task"), ("other", "other") })
        {
            await Store.Tasks.DeleteAsync(first, Stop);
            AssertTotalsAreARecount();
            Assert.Equal(0, Ask(Astray));
            if (first != second)
            {
                await Store.Tasks.DeleteAsync(second, Stop);
                AssertTotalsAreARecount();
                await Store.Tasks.UndeleteAsync(first, cancellationToken: Stop);
                AssertTotalsAreARecount();
                Assert.Equal(0, Ask(Astray));
            }

            await Store.Tasks.UndeleteAsync(second, cancellationToken: Stop);
            AssertTotalsAreARecount();
            Assert.Equal((0, 1), (Ask(Astray), Ask("SELECT count(*) FROM checkpoints WHERE brought_bytes > 0")));
        }

        Assert.Equal(models[2].ToBytes(), await Store.RestoreAsync("other", 2));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Save_WhatADeletedTaskHeld_TakesWhatItTookThere(bool sharesAMask)
    {
        // A mask that only deleted checkpoints have would be kept for this save alone: its own positions take less.
        var first = Base.Change(1, 0.02);
        await SaveAsync(1, first);
        if (sharesAMask)
        {
            await SaveAsync(2, OtherValues(first));
            Assert.Equal(1, Ask("SELECT count(DISTINCT mask) FROM checkpoints"));
        }

        var before = (await Store.Checkpoints.GetAsync("task", StepRef.At(1), Stop)).StoredBytes;
        await Store.Tasks.DeleteAsync("task", Stop);
        await Store.Tasks.PutAsync("task", new TaskSpec("base"), Stop);
        await SaveAsync(1, first);
        Assert.Equal(before, (await Store.Checkpoints.GetAsync("task", StepRef.At(1), Stop)).StoredBytes);
        await Store.Maintenance.CollectAsync(new CollectOptions { Now = true }, Stop);
        AssertTotalsAreARecount();
        Assert.Equal(before, (await Store.Reports.GetStorageAsync(null, Stop)).Stored.Total);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Collect_WhatADeletedTaskIsBasedOn_RebasesItAsItsOwn(bool isNameTaken)
    {
        await SaveChainAsync(3);
        await Store.Tasks.PutAsync("branch", new TaskSpec(BranchPoint: new BranchPoint("task", 3)), Stop);
        var model = models[3].Change(9, 0.002);
        var path = Path.Combine(Options.DataFolder, "branch.patch");
        await File.WriteAllBytesAsync(path, model.PatchAgainst(models[3]), Stop);
        using (var patch = Tensors.SafetensorsFile.Open(path))
        {
            await Store.Checkpoints.SaveAsync(
                "branch", 1, new CheckpointContent.Sparse(patch), new SaveOptions { Parent = ParentChoice.Parse("task:3") }, Stop);
        }

        await Store.Tasks.DeleteAsync("branch", Stop);
        if (isNameTaken)
        {
            var other = TestModel.Create(5, null, new Tensors.TensorInfo("w", Tensors.DType.F32, [8]));
            await Store.Bases.AddAsync("other", ModelUpload.FromStream(new MemoryStream(other.ToBytes())), Stop);
            await Store.Tasks.PutAsync("branch", new TaskSpec("other"), Stop);
        }

        await Store.Checkpoints.DeleteAsync("task", StepRef.At(2), Stop);
        Assert.Empty((await Store.Maintenance.CollectAsync(new CollectOptions { Task = "task", Now = true, DryRun = true }, Stop)).Damaged);
        var result = await Store.Maintenance.CollectAsync(new CollectOptions { Task = "task", Now = true }, Stop);
        Assert.Empty(result.Damaged);
        await Store.Tasks.DeleteAsync("task", Stop);
        Assert.Empty((await Store.Maintenance.CollectAsync(new CollectOptions { Task = "task", Now = true }, Stop)).Damaged);
        AssertTotalsAreARecount();
        await Store.Tasks.UndeleteAsync("branch", "back", Stop);
        Assert.Equal(model.ToBytes(), await Store.RestoreAsync("back", 1));
        Assert.Empty((await Store.Maintenance.VerifyAsync(null, Stop)).Damaged);
    }

    [Fact]
    public async Task Grace_Over_RemovesWhatWasDeletedAndNothingElse()
    {
        await SaveChainAsync(6);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(2), Stop);
        time.Now += TimeSpan.FromHours(1);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(3), Stop);
        await Store.Maintenance.CollectAsync(null, Stop);
        Assert.Equal([2L, 3], await DeletedAsync());
        time.Now += TimeSpan.FromHours(1);
        Assert.Equal([3L], await DeletedAsync());
        var error = await Assert.ThrowsAsync<FishException>(() => Store.Checkpoints.UndeleteAsync("task", 2, cancellationToken: Stop));
        Assert.Equal(ErrorCode.CheckpointNotFound, error.Code);
        var dry = await Store.Maintenance.CollectAsync(new CollectOptions { DryRun = true }, Stop);
        var result = await Store.Maintenance.CollectAsync(null, Stop);
        Assert.Equal((1, 1, 1), (dry.Purged, result.Purged, result.Grace.Checkpoints));
        Assert.Equal(dry.FreedBytes, result.FreedBytes);
        AssertTotalsAreARecount();
        await Store.Checkpoints.UndeleteAsync("task", 3, cancellationToken: Stop);
        await AssertKeptAsync(1, 3, 4, 5, 6);
        AssertTotalsAreARecount();
    }

    [Fact]
    public async Task Grace_OfATask_EndsAtOnceForAllOfIt()
    {
        var (first, second) = (Base.Change(1, 0.001), Base.Change(1, 0.001).Change(2, 0.001));
        await SaveAsync(1, first);
        await SaveAsync(2, second);
        await Store.Tasks.PutAsync("branch", new TaskSpec(BranchPoint: new BranchPoint("task", 2)), Stop);
        await Store.Tasks.DeleteAsync("task", Stop);
        await Store.Tasks.PutAsync("task", new TaskSpec("base"), Stop);
        await Store.Tasks.DeleteAsync("task", Stop);
        Assert.Equal(2, (await Store.Tasks.ListDeletedAsync(new PageRequest(), Stop).ReadPageAsync()).Items.Count);
        time.Now += TimeSpan.FromHours(2);
        Assert.Empty((await Store.Tasks.ListDeletedAsync(new PageRequest(), Stop).ReadPageAsync()).Items);
        await Assert.ThrowsAsync<FishException>(() => Store.Tasks.UndeleteAsync("task", cancellationToken: Stop));
        await Store.Maintenance.CollectAsync(null, Stop);
        Assert.Equal(1, Ask("SELECT count(*) FROM tasks"));
        AssertTotalsAreARecount();

        // What the branch starts from is there for it alone.
        await using var start = await Store.States.OpenBranchPointAsync("branch", Stop);
        Assert.Equal(second.ToBytes(), await start.ReadAsync());
    }

    [Fact]
    public async Task Delete_WhereNobodyCollects_RemovesWhatIsOver()
    {
        await SaveChainAsync(12);
        for (var step = 1; step <= 6; step++)
        {
            await Store.Checkpoints.DeleteAsync("task", StepRef.At(step), Stop);
        }

        time.Now += TimeSpan.FromHours(3);
        for (var step = 7; step <= 9; step++)
        {
            await Store.Checkpoints.DeleteAsync("task", StepRef.At(step), Stop);
        }

        Assert.Equal(3, Ask("SELECT count(*) FROM checkpoints WHERE expires IS NOT NULL"));
        AssertTotalsAreARecount();
    }

    [Fact]
    public async Task Undelete_ToAnEarlierStep_KeepsWhatIsPredictedFromIt()
    {
        // A fixed mask: each step's values are predicted from the step before.
        await SaveFixedAsync(6);
        Assert.True(Ask("SELECT count(*) FROM checkpoints WHERE reference IS NOT NULL") > 3);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(4), Stop);
        await Store.Checkpoints.UndeleteAsync("task", 4, new UndeleteOptions(As: 40), Stop);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(2), Stop);
        await Store.Checkpoints.UndeleteAsync("task", 2, new UndeleteOptions(As: 0), Stop);
        await ReopenAsync();
        foreach (var (step, at) in new (long, long)[] { (1, 1), (2, 0), (3, 3), (4, 40), (5, 5), (6, 6) })
        {
            Assert.Equal(models[step].ToBytes(), await Store.RestoreAsync("task", at));
        }

        AssertTotalsAreARecount();
        Assert.Empty((await Store.Maintenance.VerifyAsync(null, Stop)).Damaged);
    }

    [Fact]
    public async Task Repair_OfAStoreWithDeletions_KeepsWhatCanComeBack()
    {
        await SaveChainAsync(4);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(2), Stop);
        await Store.Tasks.PutAsync("other", new TaskSpec("base"), Stop);
        await Store.Tasks.DeleteAsync("other", Stop);
        Sql("PRAGMA wal_checkpoint(TRUNCATE)");
        var target = Path.Combine(Options.DataFolder, "..", "repaired");
        var report = await Repairs.StoreRepair.RunAsync(new Repairs.RepairOptions { DataFolder = Options.DataFolder, To = target }, Stop);
        Assert.Empty(report.Quarantined);
        await using var repaired = await SqliteCheckpointStore.OpenAsync(Options with { DataFolder = target }, Stop);
        TotalsRecount.AssertEqual(Path.Combine(target, "fish.db"));
        Assert.Equal(1, (await repaired.Reports.GetStorageAsync(null, Stop)).TaskCount);
        await repaired.Checkpoints.UndeleteAsync("task", 2, cancellationToken: Stop);
        Assert.Equal(models[2].ToBytes(), await repaired.RestoreAsync("task", 2));
        await repaired.Tasks.UndeleteAsync("other", cancellationToken: Stop);
    }

    [Fact]
    public async Task Delete_ByAQuotasMeasure_FreesItAndUndeleteIsHeldAgainstIt()
    {
        await SaveChainAsync(2);
        var stored = (await Store.Reports.GetStorageAsync("task", Stop)).Stored.Total;
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        await Store.Access.SetQuotaAsync("task", new FishCheckpoint.Access.TaskQuota(stored - 1), Stop);
        var error = await Assert.ThrowsAsync<FishException>(() => Store.Checkpoints.UndeleteAsync("task", 1, cancellationToken: Stop));
        Assert.Equal(ErrorCode.QuotaExceeded, error.Code);
        Assert.Single(await DeletedAsync());
        await Store.Access.SetQuotaAsync("task", new FishCheckpoint.Access.TaskQuota(stored), Stop);
        await Store.Checkpoints.UndeleteAsync("task", 1, cancellationToken: Stop);
    }

    [Fact]
    public async Task Save_OnADiskWithTooLittleLeft_EndsTheGraceOfWhatWasDeletedFirst()
    {
        const int StateBytes = 400_000;
        var room = long.MaxValue;
        await ReopenAsync(Options with { MinFreeBytes = 1_000_000, Disk = _ => (room - new FileInfo(DatabasePath).Length, 1L << 30) });
        await Store.Tasks.PutAsync("other", new TaskSpec("base"), Stop);
        for (var step = 1; step <= 8; step++)
        {
            var state = new byte[StateBytes];
            new Random(step).NextBytes(state);
            using var file = Tensors.ModelFolder.Open(Base.Change(step, 0.0001).Write(Path.Combine(Options.DataFolder, "..", $"{step}")));
            await Store.Checkpoints.SaveAsync(step <= 2 ? "other" : "task", step, new CheckpointContent.Full(
                file), new SaveOptions { OpenTrainerState = () => new MemoryStream(state) }, Stop);
        }

        // A deleted task goes whole or not at all.
        await Store.Tasks.DeleteAsync("other", Stop);
        foreach (var step in new[] { 3, 4, 5 })
        {
            time.Now += TimeSpan.FromMinutes(1);
            await Store.Checkpoints.DeleteAsync("task", StepRef.At(step), Stop);
        }

        Sql("PRAGMA wal_checkpoint(TRUNCATE)");
        room = new FileInfo(DatabasePath).Length + 1_000_000 - 100;
        await SaveAsync(9, Base.Change(9, 0.0001));
        Assert.DoesNotContain((await Store.Tasks.ListDeletedAsync(new PageRequest(), Stop).ReadPageAsync()).Items, task => task.Whole);
        Assert.Equal([3L, 4, 5], await DeletedAsync());
        AssertTotalsAreARecount();

        room -= (3 * StateBytes) + (StateBytes / 2);
        await SaveAsync(10, Base.Change(10, 0.0001));
        Assert.Equal([5L], await DeletedAsync());
        AssertTotalsAreARecount();
        Assert.True((await Store.Checkpoints.UndeleteAsync("task", 5, cancellationToken: Stop)).Checkpoint.TrainerStateBytes > 0);
        Assert.Equal(Base.Change(5, 0.0001).ToBytes(), await Store.RestoreAsync("task", 5));
        Assert.Empty((await Store.Maintenance.VerifyAsync(null, Stop)).Damaged);
        Assert.Contains((await Store.Access.ListAuditAsync(new PageRequest(), cancellationToken: Stop).ReadPageAsync()).Items,
            entry => entry.Operation == "grace.end");

        // More than all that is deleted takes is not made by removing that.
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(5), Stop);
        Assert.Equal(0, await Store.MakeRoomAsync(1L << 40, Stop));
        Assert.Equal([5L], await DeletedAsync());
        await Store.Maintenance.CollectAsync(null, Stop);
        Assert.Equal([5L], await DeletedAsync());
        Assert.True(await Store.MakeRoomAsync(StateBytes, Stop) >= StateBytes);
        Assert.Empty(await DeletedAsync());
    }

    [Fact]
    public async Task Open_WithAGraceBelowNothing_IsRefused() => Assert.Equal(
        ErrorCode.RequestInvalid,
        (await Assert.ThrowsAsync<FishException>(() =>
            SqliteCheckpointStore.OpenAsync(Options with { DeletionGrace = TimeSpan.FromSeconds(-1) }, Stop))).Code);

    private async Task SaveChainAsync(int steps)
    {
        var model = Base;
        for (var step = 1; step <= steps; step++)
        {
            var next = model.Change(step, 0.002);
            var path = Path.Combine(Options.DataFolder, $"{step}.patch");
            await File.WriteAllBytesAsync(path, next.PatchAgainst(model), Stop);
            using var patch = Tensors.SafetensorsFile.Open(path);
            await Store.Checkpoints.SaveAsync(
                "task", step, new CheckpointContent.Sparse(patch), new SaveOptions { Parent = ParentChoice.Previous }, Stop);
            models[step] = model = next;
        }
    }

    private async Task SaveFixedAsync(int steps, string task = "task")
    {
        var mask = Mask.Create(Base.Layout, [new TensorMask(0, Enumerable.Range(0, 40_000).Select(index => index * 14L).ToArray())]);
        var (name, random, model) = (Base.Layout.Tensors[0].Name, new Random(1), Base.Copy());
        foreach (var position in mask.Tensors[0].Positions.Span)
        {
            MemoryMarshal.Cast<byte, float>(model[name].AsSpan())[(int)position] = random.NextSingle() - 0.5f;
        }

        for (var step = 1; step <= steps; step++)
        {
            model = model.Copy();
            foreach (var position in mask.Tensors[0].Positions.Span)
            {
                MemoryMarshal.Cast<byte, float>(model[name].AsSpan())[(int)position] += (random.NextSingle() - 0.4f) * 1e-4f;
            }

            models[step] = model;
            var current = model;
            await Store.Checkpoints.SaveAsync(
                task, step, new CheckpointContent.Changed(MaskedState.Gather(mask, tensor => current[Base.Layout.Tensors[tensor].Name])),
                null, Stop);
        }
    }

    // At the same positions.
    private TestModel OtherValues(TestModel model)
    {
        var other = model.Copy();
        foreach (var tensor in Base.Layout.Tensors)
        {
            var (from, to) = (Base[tensor.Name], other[tensor.Name]);
            for (var at = 0; at < to.Length; at++)
            {
                to[at] ^= (byte)(to[at] == from[at] ? 0 : (to[at] ^ from[at]) == 16 ? 32 : 16);
            }
        }

        return other;
    }

    private async Task AssertKeptAsync(params long[] steps)
    {
        Assert.Equal(
            steps, (await Store.Checkpoints.ListAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items.Select(item => item.Step));
        foreach (var step in steps)
        {
            Assert.Equal(models[step].ToBytes(), await Store.RestoreAsync("task", step));
        }
    }

    private async Task<IEnumerable<long>> DeletedAsync() =>
        (await Store.Checkpoints.ListDeletedAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items.Select(item => item.Step);

    private sealed class SettableTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
