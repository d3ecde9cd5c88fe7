using FishCheckpoint.Engine.Maintenance;
using Xunit;

namespace FishCheckpoint.Tests.Engine;

public sealed class WorkBudgetTests
{
    private readonly SteppedTime time = new();

    [Fact]
    public void Fits_FirstItem_AlwaysDoes_EvenWithoutTimeOrBytes() =>
        Assert.True(new WorkBudget(time, TimeSpan.Zero, maxBytes: 1).Fits(1000));

    [Fact]
    public void Fits_Bytes_AreBoundedAfterTheFirstItemThatTookSome()
    {
        var budget = new WorkBudget(time, null, maxBytes: 100);
        budget.Take(0);
        Assert.True(budget.Fits(1000));
        budget.Take(60);
        Assert.Equal(40, budget.BytesLeft);
        Assert.True(budget.Fits(40));
        Assert.False(budget.IsSpent);
        Assert.False(budget.Fits(41));
        Assert.True(budget.IsSpent);
    }

    [Fact]
    public void Fits_AfterARefusal_NeverDoesAgain()
    {
        var budget = new WorkBudget(time, null, maxBytes: 100);
        budget.Take(90);
        Assert.False(budget.Fits(11));
        Assert.False(budget.Fits(1));
        Assert.False(budget.HasTime);
    }

    [Fact]
    public void HasTime_UntilTheTimeIsOver()
    {
        var budget = new WorkBudget(time, TimeSpan.FromSeconds(10));
        budget.Take(5);
        time.Now += 9;
        Assert.True(budget.HasTime);
        Assert.True(budget.Fits(long.MaxValue));
        time.Now += 1;
        Assert.False(budget.Fits(1));
        Assert.True(budget.IsSpent);
        Assert.Equal((1, 5), (budget.Items, budget.Bytes));
    }

    [Fact]
    public void BytesLeft_WithoutALimit_IsWithoutEnd() => Assert.Equal(long.MaxValue, new WorkBudget(time, null).BytesLeft);

    // A clock that stands still until it is set; in seconds.
    private sealed class SteppedTime : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Now;
    }
}
