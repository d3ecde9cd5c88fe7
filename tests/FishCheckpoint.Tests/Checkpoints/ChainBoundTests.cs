using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Tests.Checkpoints;

public sealed class ChainBoundTests
{
    private readonly ChainBound bound = new(BaseBytes: 1000, MaxReadCost: 3, MaxDeltas: 128);

    [Theory]
    [InlineData(0, 0, 99_999, true)]
    [InlineData(2010, 100, 20, true)]
    [InlineData(2040, 100, 20, true)]
    [InlineData(2041, 100, 20, false)]
    [InlineData(100, 127, 20, true)]
    [InlineData(100, 128, 20, false)]
    public void Allows_WhatCostsThreeReadsOfOneDelta(long chain, int deltas, long delta, bool allowed) =>
        Assert.Equal(allowed, bound.Fits(new ChainEnd(chain, deltas), delta, delta));

    [Fact]
    public void Price_IsTheExtraOfEachStepUntilTheNext()
    {
        // From the base, room for (3 * 1020 - 1000 - 220) / 20 = 92 more steps of 20 bytes.
        Assert.Equal(200.0 / 93, bound.PriceOf(default, 220, 20), 6);
        Assert.True(double.IsPositiveInfinity(bound.PriceOf(new ChainEnd(2000, 50), 220, 20)));
        Assert.Equal(200.0, bound.PriceOf(new ChainEnd(20, 127), 220, 20), 6);
    }

    [Theory]
    [InlineData("auto", null, null)]
    [InlineData("base", null, null)]
    [InlineData("previous", null, null)]
    [InlineData("12", null, 12L)]
    [InlineData("other.task-1:12", "other.task-1", 12L)]
    public void ParentChoice_Text_ComesBack(string text, string? task, long? step)
    {
        var choice = ParentChoice.Parse(text);
        Assert.Equal((text, task, step), (choice.ToString(), choice.Task, choice.Step));
    }

    [Theory]
    [InlineData(":1")]
    [InlineData("a:")]
    [InlineData("a:b")]
    [InlineData("a:1:2")]
    [InlineData("../a:1")]
    [InlineData("best")]
    public void ParentChoice_OtherText_IsRefused(string text) => Assert.Throws<FishException>(() => ParentChoice.Parse(text));
}
