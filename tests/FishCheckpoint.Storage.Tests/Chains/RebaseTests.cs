using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Chains;

/// <summary>A rebased checkpoint is the same checkpoint.</summary>
public sealed class RebaseTests : RebaseTest
{
    [Fact]
    public async Task Rebase_EveryForm_KeepsBitsIdentitiesAndTotals()
    {
        var saves = await SaveAllAsync();
        await SaveChainAsync(saves, 20, 5);
        var before = await IdentitiesAsync(saves);
        foreach (var step in new long[] { 20, 22, 24, 2, 3, 10, 16, 13 })
        {
            Assert.True(await RebaseAsync("task", step, null));
            AssertTotalsAreARecount();
            await AssertAllAsync(saves);
        }

        Assert.True(await RebaseAsync("narrow", 2, 1));
        Assert.True(await RebaseAsync("task", 24, 20));
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
        Assert.Equal(before, await IdentitiesAsync(saves));
        Assert.InRange(Ask("SELECT count(*) FROM checkpoints WHERE proof IS NOT NULL"), 3, 8);
        Assert.Equal("20", (await Store.Checkpoints.GetAsync("task", StepRef.At(24), Stop)).Parent);

        Assert.True((await Store.Maintenance.RecodeAsync(null, Stop)).Finished);
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
        foreach (var (task, step) in saves.Models.Keys)
        {
            await Store.Checkpoints.DeleteAsync(task, StepRef.At(step), Stop);
            AssertTotalsAreARecount();
        }

        Assert.Equal(0, Ask("SELECT (SELECT count(*) FROM checkpoints) + (SELECT count(*) FROM frames) + (SELECT count(*) FROM masks)"));
    }

    [Fact]
    public async Task Rebase_OffADeletedParent_RemovesIt()
    {
        var saves = await SaveAllAsync();
        await SaveChainAsync(saves, 20, 3);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(21), Stop);
        saves.Models.Remove(("task", 21));
        Assert.Equal(1, Ask("SELECT count(*) FROM checkpoints WHERE deleted = 1"));
        Assert.True(await RebaseAsync("task", 22, 20));
        Assert.Equal(0, Ask("SELECT count(*) FROM checkpoints WHERE deleted = 1"));
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Rebase_Tombstone_KeepsItsChildren()
    {
        var saves = await SaveAllAsync();
        await SaveChainAsync(saves, 20, 4);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(22), Stop);
        saves.Models.Remove(("task", 22));
        Assert.True(await RebaseAsync("task", 22, null));
        Assert.Equal(2, (await Store.Checkpoints.GetAsync("task", StepRef.At(23), Stop)).Depth);
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Rebase_SavedAgain_IsTheSameCheckpoint()
    {
        var saves = await SaveAllAsync();
        await SaveChainAsync(saves, 20, 3);
        Assert.True(await RebaseAsync("task", 22, null));
        Assert.False((await SaveOnAsync(22, saves.Models[("task", 22)], 21, saves.Models[("task", 21)])).Created);
        var error = await Assert.ThrowsAsync<FishException>(
            () => SaveOnAsync(22, saves.Models[("task", 20)], 21, saves.Models[("task", 21)]));
        Assert.Equal(ErrorCode.StepTaken, error.Code);
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Rebase_ReaderThatIsOpen_IsUndisturbed()
    {
        var saves = await SaveAllAsync();
        await SaveChainAsync(saves, 20, 3);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(21), Stop);
        await using var reader = await Store.States.OpenAsync("task", StepRef.At(22), Stop);
        Assert.True(await RebaseAsync("task", 22, null));
        Assert.Equal(saves.Models[("task", 22)].ToBytes(), await reader.ReadAsync());
        Assert.Equal(saves.Models[("task", 22)].ToBytes(), await Store.RestoreAsync("task", 22));
    }

    [Theory]
    [InlineData("delete", "task", 22)]
    [InlineData("delete", "task", 20)]
    [InlineData("rebase", "task", 22)]
    [InlineData("recode", "narrow", 3)]
    public async Task Rebase_ChangedMeanwhile_IsLeftAlone(string what, string task, long step)
    {
        var saves = await SaveAllAsync();
        await SaveChainAsync(saves, 20, 3);
        void Between()
        {
            var work = what switch
            {
                "delete" => Store.Checkpoints.DeleteAsync("task", StepRef.At(step), Stop),
                "rebase" => RebaseAsync("task", step, null),
                _ => Store.Maintenance.RecodeAsync(null, Stop),
            };
            work.GetAwaiter().GetResult();
        }

        var written = task == "narrow" ? await RebaseAsync(task, step, 1, Between) : await RebaseAsync(task, 22, 20, Between);

        // A deleted new parent that others still need is there all the same.
        Assert.Equal(what == "delete" && step == 20, written);
        AssertTotalsAreARecount();
        if (what == "delete")
        {
            saves.Models.Remove((task, step));
        }

        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Rebase_DamagedLink_IsRefusedAndLeftAlone()
    {
        var saves = await SaveAllAsync();
        await SaveChainAsync(saves, 20, 3);
        var frame = Ask("SELECT frame FROM checkpoints WHERE step = 21");
        Sql(
            $"UPDATE pieces SET data = CAST(substr(data, 1, 20) || x'5A5B5C' || substr(data, 24) AS BLOB) WHERE frame = {frame} AND "
            + "position = 0");
        await Assert.ThrowsAsync<FishException>(() => RebaseAsync("task", 22, null));
        Assert.Equal(3, Ask("SELECT depth FROM checkpoints WHERE step = 22"));
    }

    [Fact]
    public async Task Rebase_OntoItsDescendant_IsRefused()
    {
        var saves = await SaveAllAsync();
        await SaveChainAsync(saves, 20, 3);
        await Assert.ThrowsAsync<ArgumentException>(() => RebaseAsync("task", 20, 22));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(16)]
    public async Task RebasePredictions_MiddleOfAChain_FreesItAndKeepsTheRest(long step)
    {
        var saves = await SaveAllAsync();
        Assert.True(await RebasePredictionsAsync("task", step));
        Assert.Equal(0, Ask($"SELECT count(*) FROM checkpoints WHERE reference = (SELECT id FROM checkpoints WHERE step = {step})"));
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(step), Stop);
        saves.Models.Remove(("task", step));
        Assert.Equal(0, Ask("SELECT count(*) FROM checkpoints WHERE deleted = 1"));
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task RebasePredictions_ReferenceChangedMeanwhile_IsLeftAlone()
    {
        var saves = await SaveAllAsync();
        Assert.False(
            await RebasePredictionsAsync("task", 12, () => Assert.True(RebasePredictionsAsync("task", 10).GetAwaiter().GetResult())));
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
        Assert.True(await RebasePredictionsAsync("task", 12));
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
    }

    private async Task<List<(string, long, Digest, Digest)>> IdentitiesAsync(VariedSaves saves)
    {
        var identities = new List<(string, long, Digest, Digest)>();
        foreach (var (task, step) in saves.Models.Keys)
        {
            await using var reader = await Store.States.OpenAsync(task, StepRef.At(step), Stop);
            identities.Add((task, step, (await Store.Checkpoints.GetAsync(task, StepRef.At(step), Stop)).State, reader.Files.Single().Tag));
        }

        return identities;
    }
}
