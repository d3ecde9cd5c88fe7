using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>What recoding does to the database: <see cref="RecodeContract"/> has what one sees of it.</summary>
public sealed class RecodeTests : RecodeTest
{
    [Fact]
    public async Task Recode_EveryForm_KeepsTheTotalsARecount()
    {
        var saves = await SaveAllAsync();
        foreach (var step in new long[] { 1, 11, 12 })
        {
            await Store.Checkpoints.DeleteAsync("task", StepRef.At(step), Stop);
            saves.Models.Remove(("task", step));
        }

        AssertTotalsAreARecount();
        var (predicted, tombstones, masks) = (Sum("reference IS NOT NULL"), Sum("deleted = 1"), Ask("SELECT sum(bytes) FROM masks"));
        await Store.Maintenance.RecodeAsync(null, Stop);
        AssertTotalsAreARecount();
        Assert.InRange(Sum("reference IS NOT NULL"), 1, predicted - 1);
        Assert.InRange(Sum("deleted = 1"), 1, tombstones - 1);
        Assert.InRange(Ask("SELECT sum(bytes) FROM masks"), 1, masks - 1);
        await AssertAllAsync(saves);
        await Store.Tasks.DeleteAsync("task", Stop);
        AssertTotalsAreARecount();
    }

    [Fact]
    public async Task Recode_PredictionChain_StaysAReference()
    {
        var saves = await SaveAllAsync();
        await Store.Maintenance.RecodeAsync(null, Stop);
        var model = saves.Models[("task", 16)];
        saves.Models[("task", 17)] = model;
        var mask = await MaskOfAsync(saves, 16);
        await Store.Checkpoints.SaveAsync("task", 17, new CheckpointContent.Changed(
            Deltas.MaskedState.Gather(mask, tensor => model[mask.Layout.Tensors[tensor].Name])), null, Stop);
        Assert.Equal(1, Ask("SELECT reference IS NOT NULL FROM checkpoints WHERE step = 17"));
        await AssertAllAsync(saves);
    }

    [Theory]
    [InlineData(CodecEffort.Small, 0)]
    [InlineData(CodecEffort.Auto, 8)]
    [InlineData(CodecEffort.Fast, 16)]
    [InlineData(CodecEffort.Runs, 16)]
    public async Task Save_WithAnEffort_IsKnownByItAfterwards(CodecEffort effort, int others)
    {
        await ReopenAsync(Options with { Codec = new CodecOptions { Effort = effort } });
        var saves = new VariedSaves(Store, Base, Options.DataFolder, Stop);
        await saves.SaveAsync();
        var result = await Store.Maintenance.RecodeAsync(null, Stop);
        Assert.Equal(others, result.Recoded + result.Kept);
        Assert.Empty(result.Damaged);
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
    }

    [Fact]
    public async Task Recode_EffortThatIsNotKnown_IsTriedOnce()
    {
        var saves = await SaveAllAsync();
        await Store.Maintenance.RecodeAsync(null, Stop);
        Sql("UPDATE checkpoints SET effort = NULL; UPDATE masks SET effort = NULL;");
        var again = await Store.Maintenance.RecodeAsync(null, Stop);
        Assert.Equal((0, again.BytesBefore, again.BytesBefore), (again.Recoded, again.BytesBefore, again.BytesAfter));
        Assert.InRange(again.Kept, saves.Models.Count + 1, saves.Models.Count + 3);
        Assert.Equal(0, (await Store.Maintenance.RecodeAsync(null, Stop)).Kept);
    }

    [Theory]
    [InlineData("task", 1)]
    [InlineData("task", 11)]
    [InlineData("narrow", 2)]
    public async Task Recode_DamagedFrame_IsNamedAndLeftAlone(string task, long step)
    {
        var saves = await SaveAllAsync();
        var frame = Ask($"SELECT c.frame FROM checkpoints c JOIN tasks t ON t.id = c.task WHERE t.name = '{task}' AND c.step = {step}");
        Sql(
            $"UPDATE pieces SET data = CAST(substr(data, 1, 20) || x'5A5B5C' || substr(data, 24) AS BLOB) WHERE frame = {frame} AND "
            + "position = 0");
        await ReopenAsync(Options with { Codec = Fast });
        var damaged = await DamagedAsync(saves);
        var result = await Store.Maintenance.RecodeAsync(null, Stop);
        Assert.Equal(
            damaged.Select(key => $"{key.Task}/{key.Step}").Order(StringComparer.Ordinal),
            result.Damaged.Select(found => found.Key).Order(StringComparer.Ordinal));
        Assert.All(result.Damaged, found => Assert.Contains("CORRUPT_", found.Problem, StringComparison.Ordinal));
        Assert.Equal(1, Ask($"SELECT hex(substr(data, 21, 3)) = '5A5B5C' FROM pieces WHERE frame = {frame} AND position = 0"));
        Assert.InRange(result.Recoded, 1, 16);
        AssertTotalsAreARecount();
        await AssertAllAsync(saves, damaged);
    }

    [Fact]
    public async Task Recode_DamagedMask_IsNamedWithWhatLiesOnIt()
    {
        var saves = await SaveAllAsync();
        Sql(
            "UPDATE pieces SET data = CAST(substr(data, 1, 20) || x'5A5B5C' || substr(data, 24) AS BLOB) WHERE frame = (SELECT max(frame) "
            + "FROM masks) AND position = 0");
        await ReopenAsync(Options with { Codec = Fast });
        var result = await Store.Maintenance.RecodeAsync(null, Stop);
        Assert.Equal(
            ["mask", "narrow/1", "narrow/2", "narrow/3"],
            result.Damaged.Select(found => found.Key.Split(' ')[0]).Order(StringComparer.Ordinal));
        await AssertAllAsync(saves, ("narrow", 1), ("narrow", 2), ("narrow", 3));
    }

    [Fact]
    public async Task Recode_FramesOfAnotherCheckpoint_AreNamedAndLeftAlone()
    {
        var saves = await SaveAllAsync();
        Sql(
            "UPDATE checkpoints SET frame = (SELECT frame FROM checkpoints WHERE step = 1 AND task = 1), mask = (SELECT mask FROM "
            + "checkpoints WHERE step = 1 AND task = 1) WHERE step = 3 AND task = 1");
        Assert.Equal("task/3", Assert.Single((await Store.Maintenance.RecodeAsync(null, Stop)).Damaged).Key);
        await AssertAllAsync(saves, ("task", 3));
    }

    [Fact]
    public async Task Recode_WriteThatFails_LeavesTheOldFrame()
    {
        var saves = await SaveAllAsync();
        Sql(
            "CREATE TRIGGER fails BEFORE UPDATE OF effort ON checkpoints WHEN NEW.step = 11 BEGIN SELECT RAISE(ABORT, 'database or disk is "
            + "full'); END");
        var error = await Assert.ThrowsAsync<FishException>(() => Store.Maintenance.RecodeAsync(null, Stop));
        Assert.Equal(ErrorCode.StorageUnavailable, error.Code);
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
        Sql("DROP TRIGGER fails");
        Assert.True((await Store.Maintenance.RecodeAsync(null, Stop)).Finished);
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
    }

    private long Sum(string which) => Ask($"SELECT sum(value_bytes) FROM checkpoints WHERE {which}");

    private async Task<(string Task, long Step)[]> DamagedAsync(VariedSaves saves)
    {
        var damaged = new List<(string, long)>();
        foreach (var (task, step) in saves.Models.Keys)
        {
            if (!(await Store.Maintenance.VerifyCheckpointAsync(task, StepRef.At(step), Stop)).Sound)
            {
                damaged.Add((task, step));
            }
        }

        Assert.NotEmpty(damaged);
        return [.. damaged];
    }

    private async Task<Masks.Mask> MaskOfAsync(VariedSaves saves, long step)
    {
        using var delta = await Store.States.OpenDeltaAsync("task", StepRef.At(step), null, Stop);
        using var decoder = new MaskDecoder(delta.Mask!, saves.Models[("task", step)].Layout);
        var positions = new List<long>();
        while (decoder.Next is { } entry)
        {
            var chunk = new long[entry.Count];
            decoder.ReadNext(chunk);
            positions.AddRange(chunk);
        }

        return Masks.Mask.Create(Base.Layout, [new Masks.TensorMask(0, positions.ToArray())]);
    }
}
