using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Access;

public sealed class QuotaTests : AccessFixture
{
    [Fact]
    public async Task Key_Quota_HoldsAcrossTasksAndIsGivenBack()
    {
        await Store.Tasks.PutAsync("other", new TaskSpec("base"), Stop);
        var key = await AddKeyAsync("a");
        CallAs(key);
        await SaveAsync(1, Base.Change(1));
        var stored = await StoredByAsync("a");
        Assert.Equal((await Store.Checkpoints.GetAsync("task", StepRef.At(1), Stop)).StoredBytes, stored);
        Sql($"UPDATE keys SET quota_bytes = {stored + 1}");

        await RefusedAsync("key ", () => SaveAsync(2, Base.Change(2)));
        Assert.Equal(stored, await StoredByAsync("a"));
        AssertTotalsAreARecount();

        // The same again takes nothing, so it is not refused.
        await SaveAsync(1, Base.Change(1));
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        Assert.Equal(0, await StoredByAsync("a"));
        await SaveAsync(1, Base.Change(1));
        await Store.Tasks.DeleteAsync("task", Stop);
        Assert.Equal(0, await StoredByAsync("a"));
    }

    [Fact]
    public async Task Key_Total_FollowsWhatItsCheckpointsTake()
    {
        CallAs(await AddKeyAsync("a"));
        for (var step = 1; step <= 6; step++)
        {
            await SaveAsync(step, Base.Change(step % 2));
        }

        await GiveStateAsync(3, 5000);
        CallAs(await AddKeyAsync("b"));
        await SaveAsync(7, Base.Change(1).Change(9));
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(4), Stop);
        await Store.Maintenance.RecodeAsync(null, Stop);
        foreach (var name in (string[])["a", "b"])
        {
            var counted = Ask(
                "SELECT coalesce(sum(brought_bytes + value_bytes + trainer_bytes), 0) FROM checkpoints WHERE deleted = 0 AND saved_by = "
                + $"(SELECT id FROM keys WHERE name = '{name}')");
            Assert.Equal(counted, await StoredByAsync(name));
            Assert.True(counted > 0);
        }
    }

    [Fact]
    public async Task Key_Quota_HoldsForBases()
    {
        var key = await AddKeyAsync("a", quota: 10);
        CallAs(key);
        var other = Base.Change(1).ToBytes();
        await RefusedAsync("key ", () => Store.Bases.AddAsync("second", ModelUpload.FromStream(new MemoryStream(other)), Stop));
        Assert.Single(Directory.EnumerateDirectories(Path.Combine(Options.DataFolder, "bases")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Options.TemporaryFolder));
        Sql("UPDATE keys SET quota_bytes = NULL");
        await Store.Bases.AddAsync("second", ModelUpload.FromStream(new MemoryStream(other)), Stop);
        Assert.Equal(other.Length, await StoredByAsync("a"));

        // Content that is there already costs nobody anything.
        await Store.Bases.AddAsync("third", ModelUpload.FromStream(new MemoryStream(Base.ToBytes())), Stop);
        Assert.Equal(other.Length, await StoredByAsync("a"));
    }

    [Fact]
    public async Task Task_Quota_HoldsForSavesAndStates()
    {
        await SaveAsync(1, Base.Change(1));
        var report = await Store.Reports.GetStorageAsync("task", Stop);
        Assert.Equal(report.Stored.Total, (await Access.SetQuotaAsync("task", new TaskQuota(report.Stored.Total), Stop)).QuotaBytes);

        // A trainer that puts its task again changes nothing about it.
        await Store.Tasks.PutAsync("task", new TaskSpec("base", "described"), Stop);
        await RefusedAsync("task task", () => SaveAsync(2, Base.Change(2)));
        await RefusedAsync("task task", () => GiveStateAsync(1, 100));
        Assert.Equivalent(report, await Store.Reports.GetStorageAsync("task", Stop), strict: true);
        Assert.Null((await Access.SetQuotaAsync("task", new TaskQuota(null), Stop)).QuotaBytes);
        await SaveAsync(2, Base.Change(2));
        AssertTotalsAreARecount();
    }

    [Fact]
    public async Task Quota_WhatCannotBe_IsRefused()
    {
        Assert.Equal(
            ErrorCode.TaskNotFound,
            (await Assert.ThrowsAsync<FishException>(() => Access.SetQuotaAsync("none", new TaskQuota(1), Stop))).Code);
        Assert.Equal(
            ErrorCode.RequestInvalid,
            (await Assert.ThrowsAsync<FishException>(() => Access.SetQuotaAsync("task", new TaskQuota(-1), Stop))).Code);
    }

    [Fact]
    public async Task LimitedKey_MakesNoTask()
    {
        Caller = new Caller("limited", "0123456789ab", IsLimited: true);
        Assert.Equal(ErrorCode.KeyForbidden, (
            await Assert.ThrowsAsync<FishException>(() => Store.Tasks.PutAsync("new", new TaskSpec("base"), Stop))).Code);
        Assert.Single((await Store.Tasks.ListAsync(new PageRequest(), Stop).ReadPageAsync()).Items);
        await Store.Tasks.PutAsync("task", new TaskSpec("base", "described"), Stop);
    }

    private Task GiveStateAsync(long step, int bytes)
    {
        var state = new byte[bytes];
        new Random(1).NextBytes(state);
        return Store.States.PutTrainerStateAsync("task", StepRef.At(step), new MemoryStream(state), Stop);
    }

    private static async Task RefusedAsync(string key, Func<Task> work)
    {
        var error = await Assert.ThrowsAsync<FishException>(work);
        Assert.Equal(ErrorCode.QuotaExceeded, error.Code);
        Assert.StartsWith(key, error.Key, StringComparison.Ordinal);
    }
}
