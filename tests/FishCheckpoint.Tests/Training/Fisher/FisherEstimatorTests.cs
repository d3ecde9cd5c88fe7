using FishCheckpoint.Errors;
using FishCheckpoint.Tests.Support;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class FisherEstimatorTests
{
    private static readonly SoftmaxModel Model = new(examples: 20, inputs: 11, labels: 3, seed: 1);

    [Theory]
    [InlineData(FisherKind.Empirical, FisherPower.Square)]
    [InlineData(FisherKind.Empirical, FisherPower.Absolute)]
    [InlineData(FisherKind.Expected, FisherPower.Square)]
    [InlineData(FisherKind.Expected, FisherPower.Absolute)]
    public void Estimate_AllExamples_AgreesWithTheSumsInDouble(FisherKind kind, FisherPower power)
    {
        var fisher = Estimate(Model, new FisherOptions { Kind = kind, Power = power });

        for (var tensor = 0; tensor < 2; tensor++)
        {
            Assert.Equal(Oracle(tensor, kind, power), fisher.Scores(tensor).ToArray().Select(score => (double)score), Close);
        }

        Assert.True(fisher.Scores(2).IsEmpty);
    }

    [Fact]
    public void Estimate_SampledManyTimes_ComesCloseToTheExpectation()
    {
        var examples = Enumerable.Range(0, 40_000).Select(index => index % 20).ToArray();

        var sampled = Estimate(Model, new FisherOptions { Kind = FisherKind.Sampled, Samples = examples.Length, Examples = examples });

        Assert.Equal(
            Oracle(0, FisherKind.Expected, FisherPower.Square), sampled.Scores(0).ToArray().Select(score => score / 2000.0),
            (expected, found) => Math.Abs(expected - found) < 0.05 * expected);
    }

    [Fact]
    public void Estimate_ExamplesOfTheCaller_AreTakenInTheirOrder()
    {
        var model = new SoftmaxModel(9, 2, 2, seed: 2);

        Estimate(model, new FisherOptions { Examples = [7, 1, 7, 3], Samples = 3 });

        Assert.Equal([7, 1, 7], model.Asked.Select(asked => asked.Example));
    }

    [Theory]
    [InlineData(FisherKind.Empirical)]
    [InlineData(FisherKind.Sampled)]
    public void Estimate_SameSeed_GivesTheSameBitsWithoutRepetition(FisherKind kind)
    {
        var (first, second, third) = (new SoftmaxModel(50, 4, 3, 3), new SoftmaxModel(50, 4, 3, 3), new SoftmaxModel(50, 4, 3, 3));
        var options = new FisherOptions { Kind = kind, Samples = 30, Seed = 4 };

        Assert.Equal(Estimate(first, options).Scores(0), Estimate(second, options).Scores(0));
        Estimate(third, options with { Seed = 5 });

        Assert.Equal(first.Asked, second.Asked);
        Assert.NotEqual(first.Asked, third.Asked);
        Assert.Equal(30, first.Asked.Select(asked => asked.Example).Distinct().Count());
    }

    [Fact]
    public void Choose_ManySeeds_DrawsEachExampleEquallyOften()
    {
        var counts = new int[7];
        for (var seed = 0; seed < 7000; seed++)
        {
            Array.ForEach(new FisherOptions { Samples = 3 }.Choose(7, new SeededRandom(seed)), example => counts[example]++);
        }

        // 3 of 7, seven thousand times: 3000 each, with a standard deviation of 41.
        Assert.All(counts, count => Assert.InRange(count, 2800, 3200));
        Assert.Equal(Enumerable.Range(0, 7), new FisherOptions().Choose(7, new SeededRandom(1)).Order());
    }

    [Fact]
    public void AddTo_WorkersMergedInOneOrder_GiveTheSameBits()
    {
        var parts = new[] { 0, 7, 14 }.Select(begin => Estimate(
            Model, new FisherOptions { Examples = [.. Enumerable.Range(begin, 6)] })).ToArray();
        var (first, second) = (new FisherInformation(Model.Layout), new FisherInformation(Model.Layout));

        Array.ForEach(parts, first.Merge);
        Array.ForEach(parts, second.Merge);

        Assert.Equal(first.Scores(0), second.Scores(0));
        Assert.Equal((parts[0].Scores(0)[5] + parts[1].Scores(0)[5]) + parts[2].Scores(0)[5], first.Scores(0)[5]);
        Assert.True(first.Scores(2).IsEmpty);
    }

    [Fact]
    public void Merge_SumsOfAnotherKind_AreRefused()
    {
        var fisher = new FisherInformation(Model.Layout);

        Refused.With(ErrorCode.LayoutMismatch, () => fisher.Merge(new FisherInformation(new SoftmaxModel(1, 2, 2, 1).Layout)));
        Refused.With(ErrorCode.RequestInvalid, () => fisher.Merge(new FisherInformation(Model.Layout, FisherPower.Absolute)));
    }

    [Fact]
    public void Estimate_WhatCannotBe_IsRefused()
    {
        Refused.With(ErrorCode.RequestInvalid, () => Estimate(Model, new FisherOptions { Examples = [20] }));
        Refused.With(ErrorCode.RequestInvalid, () => Estimate(Model, new FisherOptions { Samples = -1 }));
        Assert.False(LabelDraw.IsDistribution([0.5f, float.NaN]));
        Assert.False(LabelDraw.IsDistribution([-0.5f, 1.5f]));
        Assert.False(LabelDraw.IsDistribution([0, 0]));
        Assert.False(LabelDraw.IsDistribution([]));
    }

    private static FisherInformation Estimate(IFisherModel model, FisherOptions options) =>
        FisherEstimator.Estimate(model, options, TestContext.Current.CancellationToken);

    private static double[] Oracle(int tensor, FisherKind kind, FisherPower power)
    {
        var sums = new double[Model.Layout.Tensors[tensor].Elements];
        for (var example = 0; example < Model.Examples; example++)
        {
            var probabilities = Model.ProbabilitiesOf(example).ToArray();
            for (var label = 0; label < Model.Labels; label++)
            {
                var weight = kind == FisherKind.Expected ? probabilities[label] : label == Model.LabelOf(example) ? 1.0 : 0;
                Model.Differentiate(example, label, (given, gradient) =>
                {
                    for (var index = 0; given == tensor && index < sums.Length; index++)
                    {
                        sums[index] +=
                            weight * (power == FisherPower.Square ? (double)gradient[index] * gradient[index] : Math.Abs(gradient[index]));
                    }
                });
            }
        }

        return sums;
    }

    private static bool Close(double left, double right) => Math.Abs(left - right) <= 1e-5 * Math.Max(left, 1e-3);
}
