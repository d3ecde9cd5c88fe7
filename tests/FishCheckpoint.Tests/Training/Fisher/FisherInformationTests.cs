using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class FisherInformationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(37)]
    public void Add_SeveralExamples_SumsTheirWeightedSquares(int length)
    {
        var fisher = new FisherInformation(MaskBudgetTests.Layout(("w", DType.F32, length)));
        var random = new SeededRandom(1);
        var expected = new float[length];
        foreach (var weight in new[] { 1f, 0.25f, 0f })
        {
            var gradient = Enumerable.Range(0, length).Select(_ => (float)random.NextGaussian()).ToArray();
            fisher.Add(0, gradient, weight);
            for (var index = 0; index < length; index++)
            {
                expected[index] += gradient[index] * gradient[index] * weight;
            }
        }

        Assert.Equal(expected, fisher.Scores(0).ToArray(), (left, right) => Math.Abs(left - right) <= 1e-6f * Math.Max(1, left));
    }

    [Fact]
    public void Scores_TensorWithoutGradient_IsEmpty() =>
        Assert.True(new FisherInformation(MaskBudgetTests.Layout(("w", DType.F32, 3))).Scores(0).IsEmpty);

    [Theory]
    [InlineData(FisherPower.Square)]
    [InlineData(FisherPower.Absolute)]
    public void AddSums_OfElsewhere_AreAddedAsTheyAre(FisherPower power)
    {
        var fisher = new FisherInformation(MaskBudgetTests.Layout(("w", DType.F32, 3)), power);
        fisher.AddSums(0, [1, 2, 3]);
        fisher.AddSums(0, [0.5f, 0, 4]);

        Assert.Equal([1.5f, 2, 7], fisher.Scores(0).ToArray());
        Assert.Throws<ArgumentException>(() => fisher.AddSums(0, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => fisher.AddSums(1, [1, 2, 3]));
    }

    [Fact]
    public void Add_GradientOfAnotherLength_IsRefused()
    {
        var fisher = new FisherInformation(MaskBudgetTests.Layout(("w", DType.F32, 3)));

        Assert.Throws<ArgumentException>(() => fisher.Add(0, [1, 2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => fisher.Add(1, [1, 2, 3]));
    }

    [Theory]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Add_WeightThatCouldSpoilTheOrder_IsRefused(float weight)
    {
        var fisher = new FisherInformation(MaskBudgetTests.Layout(("w", DType.F32, 1)));

        Assert.Throws<ArgumentOutOfRangeException>(() => fisher.Add(0, [1], weight));
    }
}
