using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Access;

public sealed class AuditTests : AccessFixture
{
    [Fact]
    public async Task Every_WriteAndDeletion_IsWrittenDown()
    {
        Caller = new Caller("a", "0123456789ab", "192.0.2.1");
        await Store.Bases.AddAsync("again", ModelUpload.FromStream(new MemoryStream(Base.ToBytes())), Stop);
        await Store.Tasks.PutAsync("t", new TaskSpec("base"), Stop);
        await Store.Tasks.PutAsync("t", new TaskSpec("base", "text"), Stop);
        await SaveAsync(1, Base.Change(1));
        await SaveAsync(1, Base.Change(1));
        await Store.States.PutTrainerStateAsync("task", StepRef.Latest, new MemoryStream(new byte[10]), Stop);
        await Store.Checkpoints.SetTagAsync("task", "good", StepRef.At(1), Stop);
        await Store.Checkpoints.SetTagAsync("task", "good", null, Stop);
        await Access.SetQuotaAsync("task", new TaskQuota(1_000_000), Stop);
        await Store.Checkpoints.DeleteAsync("task", StepRef.Latest, Stop);
        await Store.Tasks.DeleteAsync("task", Stop);
        await AddKeyAsync("k");
        await Access.RevokeKeyAsync("k", Stop);

        var entries = (await AuditAsync()).Where(entry => entry.Caller == "a").Reverse().ToArray();
        Assert.Equal(
            [
                "base.add again created", "task.put t created", "task.put t changed", "checkpoint.save task/1 created",
                "checkpoint.save task/1 unchanged",
                "state.put task/1 created", "tag.set task/good changed", "tag.remove task/good deleted", "task.quota task changed",
                "checkpoint.delete task/1 deleted", "task.delete task deleted", "key.add key k created", "key.revoke key k deleted",
            ],
            entries.Select(entry => $"{entry.Operation} {entry.Key.Split(" (")[0]} {entry.Outcome}"));
        Assert.All(entries, entry => Assert.Equal(("0123456789ab", "192.0.2.1", Clock.Now), (entry.KeyId, entry.Address, entry.Time)));
        Assert.Equal(9, (await AuditAsync("task")).Count(entry => entry.Caller == "a") + (await AuditAsync("t")).Count - 1);
        Assert.True(entries[3].Bytes > 0);
    }

    [Fact]
    public async Task Overwrite_IsADeletionAndASave()
    {
        await SaveAsync(1, Base.Change(1));
        using var other = Tensors.ModelFolder.Open(Base.Change(2).Write(Path.Combine(Options.DataFolder, "other")));
        for (var time = 0; time < 2; time++)
        {
            await Store.Checkpoints.SaveAsync("task", 1, new CheckpointContent.Full(other), new SaveOptions { Overwrite = true }, Stop);
        }

        Assert.Equal(
            ["checkpoint.save task/1 created", "checkpoint.delete task/1 deleted", "checkpoint.save task/1 created",
            "checkpoint.save task/1 unchanged"],
            (await AuditAsync("task")).Reverse().Select(entry => $"{entry.Operation} {entry.Key} {entry.Outcome}").TakeLast(4));
        AssertTotalsAreARecount();
    }

    [Fact]
    public async Task Refused_Write_LeavesNoEntryOfItsSuccess()
    {
        await SaveAsync(1, Base.Change(1));
        var before = (await AuditAsync()).Count;
        await Assert.ThrowsAsync<FishException>(() => SaveAsync(1, Base.Change(2)));
        Assert.Equal(before, (await AuditAsync()).Count);
        await RefuseAsync("PUT /x", "task", "task/1");
        Assert.Equal(("PUT /x", "STEP_TAKEN"), ((await AuditAsync("task"))[0].Operation, (await AuditAsync("task"))[0].Outcome));
    }

    [Fact]
    public async Task WhatWasDone_IsKeptUpToItsNumber_WhateverWasRefusedMeanwhile()
    {
        Audit = new AuditOptions { KeepEntries = 100, KeepRefusals = 50 };
        await ReopenAsync();
        await SaveAsync(1, Base.Change(1));
        for (var index = 0; index < 700; index++)
        {
            await Store.Checkpoints.SetTagAsync("task", $"t{index}", StepRef.Latest, Stop);
            await RefuseAsync($"PUT /{index}", at: Clock.Now.AddDays(index));
        }

        var kept = await AuditAsync();
        var (done, refused) = (kept.Where(entry => entry.Last is null).ToArray(), kept.Where(entry => entry.Last is not null).ToArray());
        Assert.InRange(done.Length, 100, 100 + 256);
        Assert.Equal(Enumerable.Range(0, done.Length).Select(back => $"task/t{699 - back}"), done.Select(entry => entry.Key));
        Assert.Equal(Enumerable.Range(0, 50).Select(back => $"PUT /{699 - back}"), refused.Select(entry => entry.Operation));
    }

    [Fact]
    public async Task Refusals_ThatAreEqual_AreOneEntryADay()
    {
        foreach (var (task, address, hours) in
            new[]
            {
                ("task", "192.0.2.1", 0), ("task", "192.0.2.1", 1), ("other", "192.0.2.1", 1), ("task", "192.0.2.2", 2),
                ("task", "192.0.2.1", 24),
            })
        {
            await RefuseAsync("GET /v1/tasks/{task}", task, "key k", address: address, at: Clock.Now.AddHours(hours), times: 3);
        }

        Assert.Equal(
            [("task", "192.0.2.1", 3L, 24), ("task", "192.0.2.2", 3L, 2), ("other", "192.0.2.1", 3L, 1), ("task", "192.0.2.1", 6L, 1)],
            (await RefusalsAsync()).Select(
                entry => (entry.Task, entry.Address, entry.Times, (int)(entry.Last!.Value - Clock.Now).TotalHours)));
        Assert.Equal([24, 2, 1, 0], (await RefusalsAsync()).Select(entry => (int)(entry.Time - Clock.Now).TotalHours));
        Assert.Equal(3, (await Access.ListAuditAsync(
            new PageRequest(1000), "task", Clock.Now.AddHours(1), Stop).ReadPageAsync()).Items.Count(entry => entry.Last is not null));
    }

    [Fact]
    public async Task Refusals_WrittenOneByOneByAnEarlierProgram_AreCountedOnce()
    {
        await RefuseAsync("PUT /x", "task");
        Sql(
            "INSERT INTO audit SELECT NULL, time, caller, key, address, operation, task, subject, outcome, bytes, times, last FROM audit "
            + "WHERE last IS NOT NULL");
        await RefuseAsync("PUT /x", "task");
        Assert.Equal([2L, 1L], (await RefusalsAsync()).Select(entry => entry.Times));
    }

    [Fact]
    public async Task Refusals_OfOneKeyInADay_BeyondTheirNumber_AreCountedTogether()
    {
        for (var index = 0; index < 5_000; index++)
        {
            await RefuseAsync(index % 2 == 0 ? "GET /x" : "PUT /x", $"task{index}");
        }

        await RefuseAsync("GET /x", "task0", key: "another");
        var refused = await RefusalsAsync();
        Assert.Equal(103, refused.Length);
        Assert.Equal(5_001, refused.Sum(entry => entry.Times));
        Assert.Equal(
            [("another", "task0", "key k", 1L), ("k", null, "several", 2450L), ("k", null, "several", 2450L)],
            refused.Take(3).Select(entry => (entry.KeyId!, entry.Task, entry.Key, entry.Times)));
    }

    [Fact]
    public async Task Events_AfterManyRefusals_GoOnFromWhereTheyWereLeft()
    {
        await SaveAsync(1, Base.Change(1));
        var place = (await AuditAsync())[0].Id;
        for (var index = 0; index < 300; index++)
        {
            await RefuseAsync($"PUT /{index}", "task");
        }

        await SaveAsync(2, Base.Change(2));
        var next = await Store.Events.FollowAsync("task", place, Stop).FirstAsync(Stop);
        Assert.Equal((TaskEventKind.Saved, 2L), (next.Kind, next.Step));
    }

    [Fact]
    public async Task Entries_AreKeptUpToTheirAge()
    {
        await SaveAsync(1, Base.Change(1));
        for (var index = 0; index < 600; index++)
        {
            Clock.Now = Clock.Now.AddDays(1);
            await Store.Checkpoints.SetTagAsync("task", $"t{index}", StepRef.Latest, Stop);
            await RefuseAsync($"PUT /{index}");
        }

        // What was done is looked at every 256 entries, each of them a day here; what was refused, each time.
        Assert.InRange((await AuditAsync()).Count(entry => entry.Last is null), 365, 365 + 256);
        Assert.Equal(366, (await RefusalsAsync()).Length);
    }

    [Fact]
    public async Task List_InPagesSinceATime_GivesTheNewestFirst()
    {
        await RefuseAsync("PUT /old");
        Clock.Now = Clock.Now.AddHours(1);
        for (var index = 0; index < 5; index++)
        {
            await RefuseAsync($"PUT /{index}");
        }

        var first = await Access.ListAuditAsync(new PageRequest(3), null, Clock.Now, Stop).ReadPageAsync();
        var second = await Access.ListAuditAsync(new PageRequest(3, first.Next), null, Clock.Now, Stop).ReadPageAsync();
        Assert.Equal(["PUT /4", "PUT /3", "PUT /2", "PUT /1", "PUT /0"], first.Items.Concat(second.Items).Select(entry => entry.Operation));
        Assert.Null(second.Next);
    }

    private Task RefuseAsync(
        string operation, string? task = null, string subject = "key k", string key = "k", string? address = null,
        DateTimeOffset? at = null, long times = 1) =>
        Access.NoteRefusalsAsync(
            [new AuditEntry(0, at ?? Clock.Now, key, key, address, operation, task, subject, "STEP_TAKEN", null, times)], Stop);

    private async Task<AuditEntry[]> RefusalsAsync() => [.. (await AuditAsync()).Where(entry => entry.Last is not null)];
}
