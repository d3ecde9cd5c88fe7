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
        await Store.AddBaseAsync("again", ModelUpload.FromStream(new MemoryStream(Base.ToBytes())), Stop);
        await Store.PutTaskAsync("t", new TaskSpec("base"), Stop);
        await Store.PutTaskAsync("t", new TaskSpec("base", "text"), Stop);
        await SaveAsync(1, Base.Change(1));
        await SaveAsync(1, Base.Change(1));
        await Store.PutStateAsync("task", StepRef.Latest, new MemoryStream(new byte[10]), Stop);
        await Store.SetTagAsync("task", "good", StepRef.At(1), Stop);
        await Store.RemoveTagAsync("task", "good", Stop);
        await Access.SetQuotaAsync("task", new TaskQuota(1_000_000), Stop);
        await Store.DeleteCheckpointAsync("task", StepRef.Latest, Stop);
        await Store.DeleteTaskAsync("task", Stop);
        await AddKeyAsync("k");
        await Access.RevokeKeyAsync("k", Stop);

        var entries = (await AuditAsync()).Where(entry => entry.Caller == "a").Reverse().ToArray();
        Assert.Equal(
            [
                "base.add again created", "task.put t created", "task.put t changed", "checkpoint.save task/1 created", "checkpoint.save task/1 unchanged",
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
            await Store.SaveAsync("task", 1, new CheckpointContent.Full(other), new SaveOptions { Overwrite = true }, Stop);
        }

        Assert.Equal(
            ["checkpoint.save task/1 created", "checkpoint.delete task/1 deleted", "checkpoint.save task/1 created", "checkpoint.save task/1 unchanged"],
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
        await Access.NoteRefusalAsync("PUT /x", "task", "task/1", "STEP_TAKEN", Stop);
        Assert.Equal(("PUT /x", "STEP_TAKEN"), ((await AuditAsync("task"))[0].Operation, (await AuditAsync("task"))[0].Outcome));
    }

    [Fact]
    public async Task Entries_AreKeptUpToTheirNumber()
    {
        Audit = new AuditOptions { KeepEntries = 100 };
        await ReopenAsync();
        for (var index = 0; index < 400; index++)
        {
            await Access.NoteRefusalAsync("PUT /x", null, $"{index}", "STEP_TAKEN", Stop);
        }

        var kept = await AuditAsync();
        Assert.InRange(kept.Count, 100, 164);
        Assert.Equal("399", kept[0].Key);
        Assert.Equal(kept.Count, (int)(kept[0].Id - kept[^1].Id) + 1);
    }

    [Fact]
    public async Task Entries_AreKeptUpToTheirAge()
    {
        for (var index = 0; index < 200; index++)
        {
            Clock.Now = Clock.Now.AddDays(10);
            await Access.NoteRefusalAsync("PUT /x", null, $"{index}", "STEP_TAKEN", Stop);
        }

        // Looked at every 64 entries, each of them ten days here.
        Assert.InRange((await AuditAsync()).Count, 36, 36 + 65);
    }

    [Fact]
    public async Task List_InPagesSinceATime_GivesTheNewestFirst()
    {
        await Access.NoteRefusalAsync("PUT /x", null, "old", "STEP_TAKEN", Stop);
        Clock.Now = Clock.Now.AddHours(1);
        for (var index = 0; index < 5; index++)
        {
            await Access.NoteRefusalAsync("PUT /x", null, $"{index}", "STEP_TAKEN", Stop);
        }

        var first = await Access.ListAuditAsync(new PageRequest(3), null, Clock.Now, Stop);
        var second = await Access.ListAuditAsync(new PageRequest(3, first.Next), null, Clock.Now, Stop);
        Assert.Equal(["4", "3", "2", "1", "0"], first.Items.Concat(second.Items).Select(entry => entry.Key));
        Assert.Null(second.Next);
    }
}
