using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Chains;

/// <summary>A chain whose every step has a mask of its own stays cheap to read and to store.</summary>
public sealed class ChainTests : ChainTest
{
    // The test's model, less 2% of whose first tensor a step changes.
    private const int Changed = 6_000;

    [Fact]
    public async Task Save_NewMaskEachStep_KeepsReadsAndBytesWithinTheirBounds()
    {
        await ReopenAsync(Options with { MaxReadCost = 1.5 });
        await SaveStepsAsync("task", 1, 60, Changed);
        AssertTotalsAreARecount();

        var (bytes, bare) = (Base.Layout.Bytes, await BareBytesAsync());
        Assert.Equal(0, Ask($"SELECT count(*) FROM checkpoints WHERE {bytes} + chain_bytes > 1.5 * ({bytes} + {bare.Most})"));
        Assert.InRange(Ask("SELECT count(*) FROM checkpoints c JOIN checkpoints p ON p.id = c.parent WHERE c.depth <= p.depth"), 0, 0);
        Assert.InRange(Ask("SELECT max(depth) FROM checkpoints"), 10, 59);
        Assert.Equal(0, (await Store.Maintenance.FoldAsync(null, Stop)).Folded);
        await AssertAllAsync();
    }

    [Fact]
    public async Task Save_OneHundredAndTwentySteps_TakesLittleMoreThanTheBareDeltas()
    {
        await SaveStepsAsync("task", 1, 120, Changed);
        var (bytes, bare) = (Base.Layout.Bytes, await BareBytesAsync());
        Assert.Equal(0, Ask($"SELECT count(*) FROM checkpoints WHERE {bytes} + chain_bytes > 3 * ({bytes} + {bare.Most})"));
        Assert.InRange(Ask("SELECT sum(value_bytes + brought_bytes) FROM checkpoints"), 1, (long)(1.3 * 120 * bare.Mean));
        await AssertAllAsync();
    }

    [Fact]
    public async Task Save_PastTheMostDeltas_IsBasedOnAnEarlierState()
    {
        await ReopenAsync(Options with { MaxChainDepth = 5 });
        await SaveStepsAsync("task", 1, 14, 500);
        Assert.InRange(Ask("SELECT max(depth) FROM checkpoints"), 2, 5);
        AssertTotalsAreARecount();
        await AssertAllAsync();
    }

    [Fact]
    public async Task Fold_LowerBound_FoldsTheFewThatHelpTheMost()
    {
        await SaveStepsAsync("task", 1, 40, Changed);
        var result = await Store.Maintenance.FoldAsync(new FoldOptions { MaxReadCost = 1.2 }, Stop);
        Assert.InRange(result.Folded, 1, 20);
        var bytes = Base.Layout.Bytes;
        Assert.Equal(0, Ask(
            $"""
            SELECT count(*) FROM checkpoints c LEFT JOIN checkpoints p ON p.id = c.parent
            WHERE c.parent IS NOT NULL AND {bytes} + c.chain_bytes > 1.2 * ({bytes} + c.chain_bytes - p.chain_bytes)
            """));
        AssertTotalsAreARecount();
        await AssertAllAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Random_SavesBranchesFoldsAndDeletes_KeepEveryState(int seed)
    {
        var random = new Random(seed);
        await ReopenAsync(Options with { MaxReadCost = 1.3 });
        await Store.Tasks.PutAsync("branch", new TaskSpec("base"), Stop);
        var next = new Dictionary<string, long>(StringComparer.Ordinal) { ["task"] = 1, ["branch"] = 1 };
        for (var turn = 0; turn < 40; turn++)
        {
            var task = random.Next(3) == 0 ? "branch" : "task";
            if (random.Next(5) is var what && what < 3 || Models.Count == 0)
            {
                var parent = Models.Count == 0 ? default((string Task, long Step)?)
                    : Models.Keys.OrderByDescending(key => key.Step).ElementAt(random.Next(Math.Min(3, Models.Count)));
                await SaveStepsAsync(
                    task, next[task]++, 1, random.Next(100, 6_000),
                    parent is { } on ? ParentChoice.Of(on.Task, on.Step) : ParentChoice.Base,
                    parent is { } from ? Models[from] : null);
            }
            else if (what == 3)
            {
                var (gone, step) = Models.Keys.ElementAt(random.Next(Models.Count));
                await Store.Checkpoints.DeleteAsync(gone, StepRef.At(step), Stop);
                Models.Remove((gone, step));
            }
            else
            {
                Assert.Empty(
                    (await Store.Maintenance.FoldAsync(new FoldOptions { MaxReadCost = 1 + (random.NextDouble() / 4) }, Stop)).Damaged);
                AssertTotalsAreARecount();
                await AssertAllAsync();
            }
        }

        await AssertAllAsync();
        await Store.Tasks.DeleteAsync("task", Stop);
        AssertTotalsAreARecount();
        foreach (var key in Models.Keys.Where(key => key.Task == "task").ToArray())
        {
            Models.Remove(key);
        }

        await AssertAllAsync();
        await Store.Tasks.DeleteAsync("branch", Stop);
        Assert.Equal(0, Ask("SELECT (SELECT count(*) FROM checkpoints) + (SELECT count(*) FROM frames) + (SELECT count(*) FROM masks)"));
    }

    // What the first few steps take, each based on the one before it.
    private async Task<(long Most, double Mean)> BareBytesAsync()
    {
        var bare = new List<long>();
        for (var step = 1; step <= 8; step++)
        {
            bare.Add((await Store.Checkpoints.GetAsync("task", StepRef.At(step), Stop)).StoredBytes);
        }

        return (bare.Max(), bare.Average());
    }
}
