using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class GradientClipTests
{
    private static readonly Mask Some = Mask.Create(
        MaskBudgetTests.Layout(("a", DType.F32, 3), ("b", DType.F32, 2), ("c", DType.F32, 2)),
        [new(0, new[] { 0L, 2 }), new(1, new[] { 1L }), new(2, new[] { 0L })]);

    [Fact]
    public void Norm_Gradients_CountsTheMaskAlone()
    {
        float[][] gradients = [[2, 100, 4], [100, 4], []];

        Assert.Equal(6, GradientClip.Norm(Some, tensor => gradients[tensor]));
        Assert.Equal(36, GradientClip.SumOfSquares([2, 4, 4]));
    }

    [Theory]
    [InlineData(6, 3, 0.5)]
    [InlineData(6, 12, 1)]
    [InlineData(0, 1, 1)]
    public void Scale_Norm_IsPyTorchs(double norm, double limit, double expected) =>
        Assert.Equal(expected, GradientClip.Scale(norm, limit), 6);

    [Fact]
    public void Step_Scaled_MovesByAtMostTheLimit()
    {
        float[][] weights = [new float[3], new float[2], new float[2]], gradients = [[3, 9, 4], [9, 12], [0, 9]];
        var scale = GradientClip.Scale(GradientClip.Norm(Some, tensor => gradients[tensor]), 1);

        new MaskedSgd(Some, new SgdOptions { LearningRate = 1 }).Step(tensor => weights[tensor], tensor => gradients[tensor], scale);

        Assert.Equal(1, Math.Sqrt(weights.Sum(tensor => tensor.Sum(value => (double)value * value))), 6);
    }
}
