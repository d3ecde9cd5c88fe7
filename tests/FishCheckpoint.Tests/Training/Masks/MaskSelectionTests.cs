using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class MaskSelectionTests
{
    private static readonly MaskRule Half = new() { Ratio = 0.5 };

    [Fact]
    public void Top_AnyScores_AgreesWithSorting()
    {
        Properties.ForSeeds(300, random =>
        {
            // Few distinct values make ties; values close to each other share their upper bits.
            float[] few = [0f, float.Epsilon, 1f, 2f, float.MaxValue, float.PositiveInfinity];
            float Value() => random.Next(3) switch
            {
                0 => few[random.Next(few.Length)],
                1 => BitConverter.Int32BitsToSingle(0x3F800000 + random.Next(301)),
                _ => BitConverter.Int32BitsToSingle(random.Next(0x7F800000)),
            };
            float[][] scores = [.. Enumerable.Range(0, random.Next(1, 12))
                .Select(_ => Enumerable.Range(0, random.Next(71)).Select(_ => Value()).ToArray())];
            var (rule, layout) = (new MaskRule { Ratio = random.Next(101) / 100.0 }, LayoutOf(scores));

            Assert.Equal(Oracle(layout, scores, rule), Flat(MaskSelection.Top(layout, index => scores[index], rule)));
        });
    }

    [Fact]
    public void Top_HeadWithLowScores_IsInTheMaskAndCounted()
    {
        float[][] scores = [[5, 1, 4, 2, 3, 0], [0, 0]];
        var layout = MaskBudgetTests.Layout(("body", DType.F32, 6), ("head", DType.F32, 2));

        var mask = MaskSelection.Top(layout, index => scores[index], Half with { AlwaysTrained = MaskRule.NamePrefix("head") });

        Assert.Equal([(0, 0L), (0, 2L), (1, 0L), (1, 1L)], Flat(mask));
    }

    [Fact]
    public void Top_EqualScores_GoToTheEarlierTensorThenTheLowerPosition()
    {
        float[][] scores = [[1, 3, 1], [1, 3, 1]];
        var layout = LayoutOf(scores);

        Assert.Equal([(0, 0L), (0, 1L), (1, 1L)], Flat(MaskSelection.Top(layout, index => scores[index], Half)));
    }

    [Fact]
    public void Top_TensorsWithoutScores_CountAsZeros()
    {
        float[][] scores = [[], [0, 7, 0]];
        var layout = MaskBudgetTests.Layout(("unused", DType.F32, 3), ("used", DType.F32, 3));

        Assert.Equal([(0, 0L), (0, 1L), (1, 1L)], Flat(MaskSelection.Top(layout, index => scores[index], Half)));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(-1f)]
    [InlineData(-0f)]
    public void Top_ScoreThatHasNoOrder_IsRefusedByTensor(float score)
    {
        float[][] scores = [[1, 2], [3, score]];
        var layout = LayoutOf(scores);

        var error = Assert.Throws<FishException>(() => MaskSelection.Top(layout, index => scores[index], Half));

        Assert.Equal((ErrorCode.RequestInvalid, "t1"), (error.Code, error.Key));
    }

    [Fact]
    public void Fish_AccumulatedGradients_TakesTheLargestSumsOfSquares()
    {
        var layout = MaskBudgetTests.Layout(("a", DType.F32, 3), ("b", DType.BF16, 1));
        var fisher = new FisherInformation(layout);
        fisher.Add(0, [1, -3, 2]);
        fisher.Add(0, [1, 0, -3]);
        fisher.Add(1, [-3.5f]);

        Assert.Equal([(0, 2L), (1, 0L)], Flat(MaskSelection.Fish(fisher, Half)));
    }

    [Fact]
    public void Random_SameSeed_GivesTheSameMaskWithinTheBudget()
    {
        var layout = MaskBudgetTests.Layout(("a", DType.F32, 900), ("ids", DType.I64, 50), ("head", DType.F32, 100));
        var rule = new MaskRule { Ratio = 0.25, AlwaysTrained = MaskRule.NamePrefix("head") };

        var mask = MaskSelection.Random(layout, rule, seed: 3);

        Assert.Equal(250, mask.Count);
        Assert.Equal([0, 2], mask.Tensors.Select(tensor => tensor.Tensor));
        Assert.Equal([150, 100], mask.Tensors.Select(tensor => tensor.Positions.Length));
        Assert.Equal(mask.Id, MaskSelection.Random(layout, rule, seed: 3).Id);
        Assert.NotEqual(mask.Id, MaskSelection.Random(layout, rule, seed: 4).Id);
    }

    [Fact]
    public void Random_ManySeeds_ChoosesEachPositionEquallyOften()
    {
        var layout = MaskBudgetTests.Layout(("a", DType.F32, 6), ("b", DType.F32, 4));
        var counts = new int[10];
        for (var seed = 0; seed < 10_000; seed++)
        {
            foreach (var (tensor, position) in Flat(MaskSelection.Random(layout, new MaskRule { Ratio = 0.3 }, seed)))
            {
                counts[(tensor * 6) + (int)position]++;
            }
        }

        // 3 of 10, ten thousand times: 3000 each, with a standard deviation of 46.
        Assert.All(counts, count => Assert.InRange(count, 2770, 3230));
    }

    private static (int Tensor, long Position)[] Oracle(Layout layout, float[][] scores, MaskRule rule) =>
    [
        .. scores.SelectMany((values, tensor) => values.Select((score, position) => (score, tensor, (long)position)))
            .OrderByDescending(entry => entry.score).ThenBy(entry => entry.tensor).ThenBy(entry => entry.Item3)
            .Take((int)MaskBudget.Compute(layout, rule).Free)
            .Select(entry => (entry.tensor, entry.Item3)).Order(),
    ];

    private static (int Tensor, long Position)[] Flat(Mask mask) => mask.Flat();

    private static Layout LayoutOf(float[][] scores) =>
        MaskBudgetTests.Layout([.. scores.Select((values, index) => ($"t{index}", DType.F32, (long)values.Length))]);
}
