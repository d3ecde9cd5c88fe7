using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>With a fixed mask, values are predicted from those of earlier checkpoints.</summary>
public sealed class PredictionTests : StoreFixture
{
    private readonly Mask mask = Mask.Create(
        TestModel.Create().Layout,
        [new TensorMask(0, Enumerable.Range(0, 40_000).Select(index => index * 14L).ToArray()), new TensorMask(1, new long[] { 3, 5 })]);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Save_FixedMaskManyTimes_TakesLessAndComesBack(bool reopened)
    {
        var models = await SaveAllAsync(12, reopened);
        var infos = (await Store.Checkpoints.ListAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items;

        // Now and then one begins a new prediction chain, so that every step stays cheap to read.
        Assert.InRange(infos.Count(info => info.ValueBytes < 0.8 * infos[0].ValueBytes), 8, 11);
        await AssertAllAsync(models);
    }

    [Fact]
    public async Task Delete_ReferenceOfOthers_LeavesThemAndGoesWithThem()
    {
        var models = await SaveAllAsync(6, reopened: false);
        foreach (var step in new long[] { 1, 3, 4 })
        {
            await Store.Checkpoints.DeleteAsync("task", StepRef.At(step), Stop);
            models.Remove(step);
        }

        await AssertAllAsync(models);
        foreach (var step in models.Keys)
        {
            await Store.Checkpoints.DeleteAsync("task", StepRef.At(step), Stop);
        }

        Assert.Equal((0L, 0L), await CountAsync());
    }

    [Fact]
    public async Task Save_AgainOverDamagedValues_MendsAllThatArePredictedFromThem()
    {
        var models = await SaveAllAsync(4, reopened: false);
        Sql("UPDATE pieces SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE frame = (SELECT frame FROM checkpoints WHERE step = 2)");
        await ReopenAsync();
        Assert.False((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(4), Stop)).Sound);
        await SaveAsync(2, models[2]);
        await AssertAllAsync(models);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Save_AfterADamagedCheckpoint_IsNotPredictedFromIt(bool reopened)
    {
        var models = await SaveAllAsync(3, reopened: false);
        Damage(3);
        if (reopened)
        {
            await ReopenAsync();
        }

        var next = Move(models[3], new Random(9));
        await SaveAsync(4, next);
        Assert.Equal(next.ToBytes(), await Store.RestoreAsync("task", 4));
        Assert.True((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(4), Stop)).Sound);
        Assert.False((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(3), Stop)).Sound);
    }

    [Fact]
    public async Task Save_ADamagedStepAgain_KeepsItsReference()
    {
        var models = await SaveAllAsync(5, reopened: false);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(2), Stop);
        Damage(3);
        await ReopenAsync();
        await SaveAsync(3, models[3]);
        models.Remove(2);
        await AssertAllAsync(models);
    }

    [Fact]
    public async Task Save_ADamagedStepAgainAfterAnotherOne_IsRefusedUntilThatIsMended()
    {
        var models = await SaveAllAsync(5, reopened: false);
        Damage(2);
        Damage(3);
        await ReopenAsync();
        var error = await Assert.ThrowsAsync<FishException>(() => SaveAsync(3, models[3]));
        Assert.Equal(ErrorCode.CorruptCheckpoint, error.Code);
        await SaveAsync(2, models[2]);
        await SaveAsync(3, models[3]);
        await AssertAllAsync(models);
    }

    [Fact]
    public async Task Restore_DepthsThatMendingHasChanged_ReadsTheRowInTheOrderOfSteps()
    {
        var models = await SaveAllAsync(4, reopened: false);
        Sql("UPDATE checkpoints SET reference_depth = 40 WHERE step = 2");
        await AssertAllAsync(models);
    }

    [Fact]
    public async Task Save_WhileItsReferenceIsDeleted_SucceedsAllTheSame()
    {
        var models = await SaveAllAsync(2, reopened: false);
        for (var step = 3L; step < 40; step++)
        {
            models.Add(step, Move(models[step - 1], new Random((int)step)));
            await Task.WhenAll(SaveAsync(step, models[step]), Store.Checkpoints.DeleteAsync("task", StepRef.At(step - 1), Stop));
            models.Remove(step - 2);
        }

        models.Remove(38);
        await AssertAllAsync(models);
    }

    private void Damage(long step) =>
        Sql(
            "UPDATE pieces SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE frame = (SELECT frame FROM checkpoints WHERE step = "
            + $"{step})");

    private async Task<SortedDictionary<long, TestModel>> SaveAllAsync(int steps, bool reopened)
    {
        var (models, random) = (new SortedDictionary<long, TestModel>(), new Random(1));
        var model = Copy(Base);
        var floats = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(model[mask.Layout.Tensors[0].Name].AsSpan());
        foreach (var position in mask.Tensors[0].Positions.Span)
        {
            floats[(int)position] = random.NextSingle() - 0.5f;
        }

        for (var step = 1; step <= steps; step++)
        {
            model = Move(model, random);
            models.Add(step, model);
            await SaveAsync(step, model);
            if (reopened)
            {
                await ReopenAsync();
            }
        }

        return models;
    }

    private TestModel Move(TestModel model, Random random)
    {
        var moved = Copy(model);
        var values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(moved[mask.Layout.Tensors[0].Name].AsSpan());
        foreach (var position in mask.Tensors[0].Positions.Span)
        {
            values[(int)position] += (random.NextSingle() - 0.4f) * 1e-4f;
        }

        return moved;
    }

    private static TestModel Copy(TestModel model)
    {
        var copy = model.Change(0, 0);
        foreach (var tensor in model.Layout.Tensors)
        {
            model[tensor.Name].CopyTo(copy[tensor.Name], 0);
        }

        return copy;
    }

    private new Task SaveAsync(long step, TestModel model) => Store.Checkpoints.SaveAsync(
        "task", step, new CheckpointContent.Changed(MaskedState.Gather(mask, tensor => model[mask.Layout.Tensors[tensor].Name])),
        null, Stop);

    private async Task AssertAllAsync(SortedDictionary<long, TestModel> models)
    {
        foreach (var (step, model) in models)
        {
            Assert.Equal(model.ToBytes(), await Store.RestoreAsync("task", step));
            Assert.True((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(step), Stop)).Sound);
        }
    }

    private async Task<(long Checkpoints, long Stored)> CountAsync()
    {
        var report = await Store.Reports.GetStorageAsync(cancellationToken: Stop);
        return (report.Checkpoints, report.Stored.Total + report.Disk!.Reclaimable);
    }
}
