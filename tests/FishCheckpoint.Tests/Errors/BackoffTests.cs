using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Tests.Errors;

public sealed class BackoffTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(0.75)]
    public void Next_AgainAndAgain_IsTheDrawnPartOfTwiceAsMuch_UpToHalfAMinute(double drawn)
    {
        var backoff = new Backoff(Second, new Fixed(drawn));
        foreach (var most in new[] { 1, 2, 4, 8, 16, 30, 30 })
        {
            Assert.Equal(most * drawn, backoff.Next().TotalSeconds);
        }

        backoff.Reset();
        Assert.Equal(drawn, backoff.Next().TotalSeconds);
    }

    [Fact]
    public void Next_OfManyCallers_IsSpreadOverTheWholeWait()
    {
        var waits = Enumerable.Range(0, 1000).Select(seed => new Backoff(Second, new Random(seed)).Next().TotalSeconds).ToArray();
        Assert.All(waits, wait => Assert.InRange(wait, 0, 1));
        Assert.All(Enumerable.Range(0, 10), tenth => Assert.InRange(waits.Count(wait => (int)(wait * 10) == tenth), 50, 150));
    }

    [Fact]
    public void Next_WithAFirstWaitBeyondTheLongest_StaysThere()
    {
        var backoff = new Backoff(TimeSpan.FromMinutes(1), new Fixed(0.5));
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Equal(30, backoff.Next().TotalSeconds));
    }

    [Theory]
    [InlineData(2, 2.5)]
    [InlineData(3600, 30.5)]
    public void Next_WhereTheServerAskedForAWait_AddsIt_UpToHalfAMinute(int retryAfter, double expected) =>
        Assert.Equal(expected, new Backoff(Second, new Fixed(0.5)).Next(TimeSpan.FromSeconds(retryAfter)).TotalSeconds);

    private sealed class Fixed(double drawn) : Random
    {
        public override double NextDouble() => drawn;
    }
}
