using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class TopOfEachTests
{
    [Fact]
    public void TopOfEach_AnyScores_TakesTheHighestOfEachTensorWithinTheExactBudget() => Properties.ForSeeds(200, random =>
    {
        float[][] scores = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ =>
            Enumerable.Range(0, random.Next(70)).Select(_ => (float)random.Next(9)).ToArray())];
        var layout = MaskBudgetTests.Layout([.. scores.Select((values, index) => ($"t{index}", DType.F32, (long)values.Length))]);
        var rule = new MaskRule { Ratio = random.Next(101) / 100.0 };
        var budget = MaskBudget.Compute(layout, rule).Total;

        var mask = MaskSelection.TopOfEach(layout, tensor => scores[tensor], rule);

        Assert.Equal(budget, mask.Count);
        for (var tensor = 0; tensor < scores.Length; tensor++)
        {
            var positions = mask.Flat().Where(entry => entry.Tensor == tensor).Select(entry => entry.Position).ToArray();
            var share = budget * (double)scores[tensor].Length / Math.Max(1, layout.Elements);
            Assert.InRange(positions.Length, Math.Floor(share), Math.Ceiling(share));
            Assert.Equal(
                scores[tensor].Select((score, position) => (score, position)).OrderByDescending(entry => entry.score)
                .ThenBy(entry => entry.position)
                    .Take(positions.Length).Select(entry => (long)entry.position).Order(),
                positions);
        }
    });

    [Fact]
    public void TopOfEach_HeadThatAlwaysTrains_LeavesTheOthersTheirShares()
    {
        var layout = MaskBudgetTests.Layout(("a", DType.F32, 60), ("head", DType.F32, 10), ("b", DType.F32, 30));
        float[] scores = [.. Enumerable.Range(0, 60)];

        var mask = MaskSelection.TopOfEach(
            layout, tensor => scores.AsSpan(0, (int)layout.Tensors[tensor].Units),
            new MaskRule { Ratio = 0.19, AlwaysTrained = MaskRule.Named("head") });

        Assert.Equal([6, 10, 3], mask.Tensors.Select(tensor => tensor.Positions.Length));
        Assert.Equal([54L, 55, 56, 57, 58, 59], mask.Tensors[0].Positions.ToArray());
    }

    [Theory]
    [InlineData(10, new long[] { 5, 3, 2 }, new long[] { 5, 3, 2 })]
    [InlineData(1, new long[] { 1, 1, 1 }, new long[] { 1, 0, 0 })]
    [InlineData(2, new long[] { 1, 5, 1 }, new long[] { 0, 2, 0 })]
    [InlineData(5, new long[] { 7, 0, 3 }, new long[] { 4, 0, 1 })]
    [InlineData(0, new long[] { 0, 0 }, new long[] { 0, 0 })]
    [InlineData(
        long.MaxValue / 2, new long[] { long.MaxValue / 2, long.MaxValue / 2 }, new long[] { long.MaxValue / 4 + 1, long.MaxValue / 4 })]
    public void Split_Budget_LosesNothingAndGivesNoneTooMuch(long budget, long[] units, long[] expected) =>
        Assert.Equal(expected, BudgetShares.Split(units, budget));
}
