using FishCheckpoint.Demo;
using FishCheckpoint.Masks;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Demo;

public sealed class DemoSgdTests
{
    private static readonly int[] Widths = [Digits.Pixels, 20, 10];
    private static readonly Samples Images = Digits.Load().Train;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Step_RandomMask_ChangesNoBitOutsideOfIt(long seed)
    {
        var (model, before) = (Mlp.Create(Widths, seed), Mlp.Create(Widths, seed));
        var mask = MaskSelection.Random(model.Layout, new MaskRule { Ratio = 0.2, AlwaysTrained = MaskRule.NamePrefix("head.") }, seed);

        Train(model, mask, steps: 5);

        var changed = 0;
        for (var tensor = 0; tensor < model.Parameters.Length; tensor++)
        {
            var masked = mask.Tensors.FirstOrDefault(entry => entry.Tensor == tensor)?.Positions.ToArray().ToHashSet() ?? [];
            for (var index = 0; index < model.Parameters[tensor].Length; index++)
            {
                var same = BitConverter.SingleToInt32Bits(model.Parameters[tensor][index]) == BitConverter.SingleToInt32Bits(
                    before.Parameters[tensor][index]);
                Assert.True(same || masked.Contains(index));
                changed += same ? 0 : 1;
            }
        }

        Assert.InRange(changed, mask.Count / 2, mask.Count);
    }

    [Fact]
    public void Gather_RandomMask_AgreesWithTheWholeGradient()
    {
        var model = Mlp.Create(Widths, 1);
        var pass = new MlpPass(model, 21);
        var columns = new PassColumns(pass);

        // The shorter batch comes second: nothing of the first one may stay.
        foreach (var count in new[] { 21, 13 })
        {
            pass.Forward(Images, Enumerable.Range(0, count).ToArray());
            pass.Backward(Images.Labels.AsSpan(0, count), 1);
            columns.Load();

            foreach (var mask in MaskSelection.Random(model.Layout, new MaskRule { Ratio = 0.3 }, seed: 2).Tensors)
            {
                var positions = Array.ConvertAll(mask.Positions.ToArray(), position => (int)position);
                var (gathered, whole) = (new float[positions.Length], new float[model.Parameters[mask.Tensor].Length]);
                columns.Gather(mask.Tensor, positions, gathered);
                Gradients.Whole(pass, mask.Tensor, whole);

                Assert.Equal(positions.Select(position => whole[position]), gathered, (left, right) => Math.Abs(left - right) < 1e-4f);
            }
        }
    }

    [Fact]
    public void Step_ManySteps_LowersTheLoss()
    {
        var model = Mlp.Create(Widths, 1);

        var losses = Train(model, Mask.Dense(model.Layout), steps: 60);

        Assert.True(losses[^1] < losses[0] / 2, $"from {losses[0]} to {losses[^1]}");
    }

    // A batch that is no multiple of the vector's lanes, and a shorter one at the end.
    private static double[] Train(Mlp model, Mask mask, int steps)
    {
        var sgd = new DemoSgd(new MlpPass(model, 21), mask, 0.9f);
        return [.. Enumerable.Range(0, steps)
            .Select(step => sgd.Step(Images, [.. Enumerable.Range(step * 7 % 500, step == steps - 1 ? 13 : 21)], 0.05f))];
    }
}
