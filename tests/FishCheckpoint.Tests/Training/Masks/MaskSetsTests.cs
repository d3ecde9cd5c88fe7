using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class MaskSetsTests
{
    private static readonly Layout Tensors = MaskBudgetTests.Layout(("a", DType.F32, 40), ("b", DType.BF16, 9), ("c", DType.F32, 1));

    [Fact]
    public void Combine_AnyMasks_AgreesWithSetsOfPairs() => Properties.ForSeeds(200, random =>
    {
        var (left, right) = (MaskPositions.Draw(Tensors, random), MaskPositions.Draw(Tensors, random));
        var (lefts, rights) = (left.Flat(), right.Flat());

        Assert.Equal(lefts.Union(rights).Order(), MaskSets.Union(left, right).Flat());
        Assert.Equal(lefts.Intersect(rights).Order(), MaskSets.Intersect(left, right).Flat());
        Assert.Equal(lefts.Except(rights).Order(), MaskSets.Except(left, right).Flat());
    });

    [Fact]
    public void Combine_MasksOfTwoLayouts_IsRefused()
    {
        var other = Mask.Dense(MaskBudgetTests.Layout(("a", DType.F32, 41)));

        Refused.With(ErrorCode.LayoutMismatch, () => MaskSets.Union(Mask.Dense(Tensors), other));
    }
}
