using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class TiedTensorsTests
{
    private static readonly Layout Tensors = new([
        new("body", DType.F32, [6]), new("embedding", DType.F32, [2, 3]), new("first", DType.F32, [3]), new("head", DType.F32, [3, 2]),
        new("empty", DType.F32, [0]), new("none", DType.F32, [0]), new("integers", DType.I32, [6]),
    ]);

    private static readonly byte[] Shared = new byte[24];
    private static readonly byte[] Own = new byte[24];
    private static readonly TiedTensors Tied = TiedTensors.Find(Tensors, BytesOf);

    [Fact]
    public void Find_SameMemory_GivesGroupsWithTheFirstInFront()
    {
        // Neither what begins at the same byte but is shorter, nor what is of another dtype, nor what is empty.
        Assert.Equal([[1, 3]], Tied.Groups);
        Assert.Equal([0, 1, 2, 1], Enumerable.Range(0, 4).Select(Tied.CanonicalOf));
        Assert.Equal([1, 3], Tied.GroupOf(3));
        Assert.Equal([2], Tied.GroupOf(2));
    }

    [Fact]
    public void Find_EqualCopies_AreNotTied()
    {
        var copies = Tensors.Tensors.Select(tensor => new byte[tensor.Bytes]).ToArray();

        Assert.Empty(TiedTensors.Find(Tensors, tensor => copies[tensor]).Groups);
    }

    [Fact]
    public void Top_TiedTensors_CompeteAndCountOnceAndHaveTheSamePositions()
    {
        var rule = new MaskRule { Ratio = 0.4, Tied = Tied };
        float[][] scores = [[0, 0, 0, 0, 0, 9], [1, 8, 2, 7, 3, 6], [0, 5, 0], [99, 99, 99, 99, 99, 99], [], []];

        var mask = MaskSelection.Top(Tensors, tensor => scores[tensor], rule);

        Assert.Equal(new MaskBudget(15, 6, 0), MaskBudget.Compute(Tensors, rule));
        Assert.Equal([(0, 5L), (1, 1L), (1, 3L), (1, 4L), (1, 5L), (2, 1L), (3, 1L), (3, 3L), (3, 4L), (3, 5L)], mask.Flat());
        Assert.Equal([(0, 5L), (1, 1L), (1, 3L), (1, 4L), (1, 5L), (2, 1L)], Tied.WithoutAliases(mask).Flat());
    }

    [Theory]
    [InlineData("head")]
    [InlineData("embedding")]
    public void Random_OneOfThemAlwaysTrains_BothDoAndCountOnce(string name)
    {
        var rule = new MaskRule { Ratio = 0.5, Tied = Tied, AlwaysTrained = MaskRule.Named(name) };

        var (budget, mask) = (MaskBudget.Compute(Tensors, rule), MaskSelection.Random(Tensors, rule, seed: 1));

        Assert.Equal(new MaskBudget(15, 7, 6), budget);
        Assert.Equal(13, mask.Count);
        Assert.Equal(6, mask.Tensors.Count(tensor => tensor.Tensor is 1 or 3) * 3);
    }

    [Fact]
    public void BitFit_TiedBiases_AreInTheMaskTwice()
    {
        var layout = new Layout([new("a.bias", DType.F32, [2]), new("a.weight", DType.F32, [4]), new("b.bias", DType.F32, [2])]);

        var mask = MaskSelection.BitFit(
            layout, new MaskRule { Tied = TiedTensors.Find(layout, tensor => tensor == 1 ? Own.AsSpan(8, 16) : Own.AsSpan(0, 8)) });

        Assert.Equal([(0, 0L), (0, 1L), (2, 0L), (2, 1L)], mask.Flat());
    }

    [Fact]
    public void None_AnyMask_IsTheSameWithoutAliases()
    {
        var mask = Mask.Dense(Tensors);

        Assert.Same(mask, TiedTensors.None.WithoutAliases(mask));
        Assert.Equal([3], TiedTensors.None.GroupOf(3));
    }

    private static ReadOnlySpan<byte> BytesOf(int tensor) => tensor switch
    {
        1 or 3 or 6 => Shared,
        2 => Shared.AsSpan(0, 12),
        0 => Own,
        _ => Shared.AsSpan(0, 0),
    };
}
