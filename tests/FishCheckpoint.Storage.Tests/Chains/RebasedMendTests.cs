using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Chains;

/// <summary>Saving the same again repairs a damaged checkpoint, whatever folding has rebased it onto since.</summary>
public sealed class RebasedMendTests : RebaseTest
{
    [Theory]
    [InlineData(null)]
    [InlineData(20L)]
    public async Task Save_AgainOverDamagedRebasedBlocks_MendsThem(long? onto)
    {
        var saves = await SaveAllAsync();
        await SaveChainAsync(saves, 20, 4);
        Assert.True(await RebaseAsync("task", 22, onto));
        await DamageAsync("task", 22);

        Assert.False((await SaveOnAsync(22, saves.Models[("task", 22)], 21, saves.Models[("task", 21)])).Created);
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Save_AgainInAnotherForm_MendsWhatIsDamaged()
    {
        var saves = await SaveAllAsync();
        await SaveChainAsync(saves, 20, 3);
        Assert.True(await RebaseAsync("task", 22, 20));
        await DamageAsync("task", 22);
        await SaveAsync(22, saves.Models[("task", 22)]);
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
    }

    [Theory]
    [InlineData("task")]
    [InlineData("narrow")]
    public async Task Save_AgainOverDamagedRebasedValues_MendsThem(string task)
    {
        var saves = await SaveAllAsync();
        var of = task == "task" ? Base : saves.Narrow;
        var mask = saves.MaskOf(of, 5_000);
        await SaveMaskedAsync(saves, task, 30, mask, of, null);
        await SaveMaskedAsync(saves, task, 31, mask, of, 30);
        Assert.True(await RebaseAsync(task, 31, null));
        Assert.Equal(1, Ask("SELECT count(*) FROM checkpoints WHERE step = 31 AND blocks = 0 AND parent IS NULL AND proof IS NOT NULL"));

        // In the task "task", another is predicted from it.
        await SaveMaskedAsync(saves, task, 32, mask, of, null);
        await DamageAsync(task, 31);
        await SaveMaskedAsync(saves, task, 31, mask, of, 30);
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Save_AgainOverDamagedPredictedValues_MendsThem()
    {
        var saves = await SaveAllAsync();
        var mask = saves.MaskOf(Base, 5_000);
        foreach (var step in new long[] { 30, 31, 32, 33 })
        {
            await SaveMaskedAsync(saves, "task", step, mask, Base, null);
        }

        Assert.True(await RebasePredictionsAsync("task", 31));
        await DamageAsync("task", 32, 33);
        await SaveMaskedAsync(saves, "task", 32, mask, Base, null);
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Save_AgainWithADamagedParentToo_IsRefusedUntilThatIsMended()
    {
        var saves = await SaveAllAsync();
        await SaveChainAsync(saves, 20, 3);
        Assert.True(await RebaseAsync("task", 22, 20));
        await DamageAsync("task", 22);
        await DamageAsync("task", 20, 21, 22);
        var error = await Assert.ThrowsAsync<FishException>(
            () => SaveOnAsync(22, saves.Models[("task", 22)], 21, saves.Models[("task", 21)]));
        Assert.Equal(ErrorKind.Corrupt, error.Kind);

        await SaveOnAsync(20, saves.Models[("task", 20)], null, Base);
        await SaveOnAsync(22, saves.Models[("task", 22)], 21, saves.Models[("task", 21)]);
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Save_OfAnotherStateOverADamagedOne_IsRefusedAndChangesNothing()
    {
        var saves = await SaveAllAsync();
        await SaveChainAsync(saves, 20, 3);
        Assert.True(await RebaseAsync("task", 22, null));
        await DamageAsync("task", 22);
        var error = await Assert.ThrowsAsync<FishException>(() => SaveAsync(22, saves.Models[("task", 21)]));
        Assert.Equal(ErrorKind.Corrupt, error.Kind);
        Assert.Equal(1, Ask("SELECT count(*) FROM pieces WHERE substr(data, 21, 3) = x'5A5B5C'"));
        AssertTotalsAreARecount();
    }

    // And whatever is read with it.
    private async Task DamageAsync(string task, long step, params long[] also)
    {
        var frame = Ask($"SELECT c.frame FROM checkpoints c JOIN tasks t ON t.id = c.task "
            + $"WHERE t.name = '{task}' AND c.step = {step} AND c.deleted = 0");
        Sql(
            $"UPDATE pieces SET data = CAST(substr(data, 1, 20) || x'5A5B5C' || substr(data, 24) AS BLOB) WHERE frame = {frame} AND "
            + "position = 0");
        foreach (var damaged in also.Prepend(step))
        {
            Assert.False((await Store.Maintenance.VerifyCheckpointAsync(task, StepRef.At(damaged), Stop)).Sound);
        }
    }

    private async Task SaveMaskedAsync(VariedSaves saves, string task, long step, Mask mask, TestModel of, long? parent)
    {
        if (!saves.Models.ContainsKey((task, step)))
        {
            var (model, info, random) = (of.Copy(), mask.Layout.Tensors[mask.Tensors[0].Tensor], new Random((int)step));
            foreach (var position in mask.Tensors[0].Positions.Span)
            {
                random.NextBytes(model[info.Name].AsSpan((int)position * info.UnitSize, info.UnitSize));
            }

            saves.Models[(task, step)] = model;
        }

        await SaveAgainAsync(saves, task, step, mask, parent);
    }

    private async Task SaveAgainAsync(VariedSaves saves, string task, long step, Mask mask, long? parent)
    {
        var delta = MaskedState.Gather(mask, tensor => saves.Models[(task, step)][mask.Layout.Tensors[tensor].Name]);
        var options = new SaveOptions { Parent = parent is { } at ? ParentChoice.At(at) : ParentChoice.Auto };
        await Store.Checkpoints.SaveAsync(task, step, new CheckpointContent.Changed(delta), options, Stop);
    }
}
