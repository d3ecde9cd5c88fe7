using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class BitFitTests
{
    private static readonly Layout Tensors = MaskBudgetTests.Layout(
        ("a.weight", DType.F32, 6), ("a.bias", DType.BF16, 2), ("b.beta", DType.F32, 3), ("ids.bias", DType.I64, 4),
        ("classifier.weight", DType.F32, 2));

    [Fact]
    public void BitFit_Layout_HoldsBiasesAndWhatAlwaysTrains() => Assert.Equal(
        [(1, 0L), (1, 1L), (4, 0L), (4, 1L)],
        MaskSelection.BitFit(Tensors, new MaskRule { Ratio = 0, AlwaysTrained = MaskRule.NamePrefix("classifier.") }).Flat());

    [Fact]
    public void BitFit_OtherPredicate_DecidesWhatABiasIs() => Assert.Equal(
        [(2, 0L), (2, 1L), (2, 2L)], MaskSelection.BitFit(Tensors, new MaskRule(), MaskRule.NameLike("*.beta")).Flat());
}
