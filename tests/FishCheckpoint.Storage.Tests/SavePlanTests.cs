using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Saving;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

public sealed class SavePlanTests
{
    private static readonly ChainBound Bound = new(1000, 3, 128);

    [Theory]
    [InlineData("auto", true, true, true)]
    [InlineData("auto", false, false, false)]
    [InlineData("previous", true, true, false)]
    [InlineData("previous", false, true, false)]
    [InlineData("base", true, false, false)]
    [InlineData("7", true, false, false)]
    public void Parent_ByChoiceAndContent(string choice, bool isFull, bool triesPrevious, bool comparesWithBase)
    {
        var plan = new SavePlan(ParentChoice.Parse(choice), isFull, Predicts: false, Bound);
        Assert.Equal((triesPrevious, comparesWithBase), (plan.TriesPrevious, plan.ComparesWithBase));
    }

    [Theory]
    [InlineData(null, false, false, 100_000, 80_000)]
    [InlineData(false, false, false, 100_000, 80_000)]
    [InlineData(null, false, false, 16_000, 0)]
    [InlineData(null, false, true, 100_000, 0)]
    [InlineData(null, true, false, 100_000, 0)]
    [InlineData(true, true, true, 16_000, long.MaxValue)]
    public void BudgetOfBlocks_ByFormAndMask(bool? storedAsBlocks, bool predicts, bool maskIsKnown, long masked, long expected)
    {
        var plan = new SavePlan(ParentChoice.Auto, IsFull: false, predicts, Bound);
        Assert.Equal(expected, plan.BudgetOfBlocks(storedAsBlocks, () => maskIsKnown, masked));
    }

    [Fact]
    public void BudgetOfBlocks_WhereItDoesNotCount_DoesNotAskForTheMask()
    {
        static bool Ask() => throw new InvalidOperationException();
        Assert.Equal(0, new SavePlan(ParentChoice.Auto, false, Predicts: true, Bound).BudgetOfBlocks(null, Ask, 100_000));
        Assert.Equal(long.MaxValue, new SavePlan(ParentChoice.Auto, false, Predicts: false, Bound).BudgetOfBlocks(true, Ask, 100_000));
    }

    [Fact]
    public void BudgetOnBase_OfAChainedDelta_IsATenthMore() => Assert.Equal(110, SavePlan.BudgetOnBase(100));
}
