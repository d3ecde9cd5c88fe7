using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class LearningRatesTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 0.5)]
    [InlineData(10, 1)]
    [InlineData(60, 0.5)]
    [InlineData(110, 0)]
    [InlineData(500, 0)]
    public void Linear_WarmupAndDecay_GoesUpAndDownInEqualParts(long step, double expected) =>
        Assert.Equal(expected, LearningRates.Linear(step, 10, 110, 1), 12);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(10, 1)]
    [InlineData(35, 0.868198)]
    [InlineData(60, 0.55)]
    [InlineData(110, 0.1)]
    [InlineData(500, 0.1)]
    public void Cosine_WarmupAndDecay_GoesDownAlongHalfACosine(long step, double expected) =>
        Assert.Equal(expected, LearningRates.Cosine(step, 10, 110, 1, 0.1), 6);

    [Fact]
    public void Linear_NoWarmupOrNothingElse_IsDefined()
    {
        Assert.Equal(2, LearningRates.Linear(0, 0, 5, 2));
        Assert.Equal(1.5, LearningRates.Linear(3, 4, 4, 2));
        Assert.Equal(0, LearningRates.Linear(4, 4, 4, 2));
    }
}
