using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Storage.Catalog;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>
/// What a save asks of its database: each statement is a trip where the database is another machine, and those of the transaction hold
/// others up.
/// </summary>
public sealed class StatementTests : StoreFixture
{
    private readonly List<(CatalogConnection Connection, string Sql)> ran = [];

    private readonly Mask mask = Mask.Create(
        TestModel.Create().Layout,
        [new TensorMask(0, Enumerable.Range(0, 20_000).Select(index => index * 28L).ToArray()), new TensorMask(1, new long[] { 3, 5 })]);

    protected override StoreOptions Options => base.Options with
    {
        Trace = (connection, sql) =>
        {
            lock (ran)
            {
                ran.Add((connection, sql));
            }
        },
    };

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Save_OfAFixedMask_TakesFewStatements_HoweverLongTheChainOfPredictions(bool reopened, bool withMetrics)
    {
        var models = new List<TestModel> { Base.Change(1, 0.001) };
        for (var step = 1; step <= 12; step++)
        {
            await SaveAsync(step, models[^1], null);
            models.Add(models[^1].Change(step, 0.0001));
        }

        if (reopened)
        {
            await ReopenAsync();
        }

        ran.Clear();
        await SaveAsync(13, models[^1], withMetrics ? new SaveOptions { Metrics = new Dictionary<string, double> { ["loss"] = 1 } } : null);
        var writer = ran.Last(one => one.Sql.Contains("INSERT INTO checkpoints", StringComparison.Ordinal)).Connection;
        var listed = string.Join('\n', ran.Select(one => $"{(one.Connection == writer ? "*" : " ")} {one.Sql.ReplaceLineEndings(" ")}"));
        Assert.True(ran.Count <= 25, $"{ran.Count} statements:\n{listed}");
        Assert.True(
            ran.Count(one => one.Connection == writer) <= 12,
            $"{ran.Count(one => one.Connection == writer)} statements in the transaction:\n{listed}");
    }

    [Fact]
    public async Task Open_OfAChain_TakesAsManyStatementsAsOfOneDelta()
    {
        var model = Base;
        for (var step = 1; step <= 12; step++)
        {
            var next = model.Change(step, 0.001);
            var path = Path.Combine(Options.DataFolder, $"{step}.patch");
            await File.WriteAllBytesAsync(path, next.PatchAgainst(model), Stop);
            using var patch = Tensors.SafetensorsFile.Open(path);
            await Store.Checkpoints.SaveAsync(
                "task", step, new CheckpointContent.Sparse(patch),
                new SaveOptions { Parent = step == 1 ? ParentChoice.Base : ParentChoice.At(step - 1) }, Stop);
            model = next;
        }

        Assert.Equal(await CountOpeningAsync(1), await CountOpeningAsync(12));
        Assert.Equal(model.ToBytes(), await Store.RestoreAsync("task", 12));
    }

    private async Task<int> CountOpeningAsync(long step)
    {
        ran.Clear();
        await using var opened = await Store.States.OpenAsync("task", StepRef.At(step), Stop);
        return ran.Count;
    }

    private Task SaveAsync(long step, TestModel model, SaveOptions? options) => Store.Checkpoints.SaveAsync(
        "task", step, new CheckpointContent.Changed(MaskedState.Gather(mask, tensor => model[mask.Layout.Tensors[tensor].Name])),
        options, Stop);
}
