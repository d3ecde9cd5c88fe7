using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Masks;

public sealed class MaskTests
{
    private static readonly Layout Layout = new(
        [new TensorInfo("a", DType.F32, [10]), new TensorInfo("b", DType.U8, [3]), new TensorInfo("empty", DType.F32, [0]),
        new TensorInfo("d", DType.F4, [8])]);

    [Fact]
    public void Create_TensorsInAnyOrder_AreTheSameMask()
    {
        TensorMask[] tensors = [new(0, new long[] { 1, 7 }), new(1, new long[] { 2 }), new(3, new long[] { 0, 3 })];
        var mask = Mask.Create(Layout, tensors);

        foreach (var order in new int[][] { [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0] })
        {
            var other = Mask.Create(Layout, order.Select(index => tensors[index]));
            Assert.Equal(mask.Id, other.Id);
            Assert.Equal([0, 1, 3], other.Tensors.Select(tensor => tensor.Tensor));
        }

        Assert.Equal(5, mask.Count);
    }

    [Fact]
    public void Create_TensorsWithoutPositions_AreDropped()
    {
        var mask = Mask.Create(
            Layout, [new TensorMask(0, new long[] { 1 }), new TensorMask(2, default), new TensorMask(1, Array.Empty<long>())]);

        Assert.Equal(Mask.Create(Layout, [new TensorMask(0, new long[] { 1 })]).Id, mask.Id);
        Assert.Single(mask.Tensors);
    }

    [Fact]
    public void Id_LayoutTensorAndPositions_AllCount()
    {
        var other = new Layout([new TensorInfo("a", DType.F32, [11]), new TensorInfo("b", DType.U8, [3])]);
        Mask[] masks =
        [
            Mask.Create(Layout, []), Mask.Create(other, []), Mask.Create(Layout, [new TensorMask(0, new long[] { 0 })]),
            Mask.Create(Layout, [new TensorMask(0, new long[] { 1 })]), Mask.Create(Layout, [new TensorMask(1, new long[] { 0 })]),
            Mask.Create(other, [new TensorMask(0, new long[] { 0 })]), Mask.Create(Layout, [new TensorMask(0, new long[] { 0, 1 })]),
            Mask.Create(Layout, [new TensorMask(0, new long[] { 0 }), new TensorMask(1, new long[] { 0 })]),
        ];

        Assert.Equal(masks.Length, masks.Select(mask => mask.Id).Distinct().Count());
    }

    [Theory]
    [InlineData(new long[] { 1, 0 }, ErrorCode.IndexUnsorted)]
    [InlineData(new long[] { 1, 1 }, ErrorCode.IndexRepeated)]
    [InlineData(new long[] { 10 }, ErrorCode.IndexOutOfRange)]
    public void Create_RuleBroken_HasItsCode(long[] positions, ErrorCode code) =>
        Refused.With(code, () => Mask.Create(Layout, [new TensorMask(0, positions)]));

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void Create_TensorOutsideTheLayout_Throws(int tensor) =>
        Assert.Throws<ArgumentException>(() => Mask.Create(Layout, [new TensorMask(tensor, new long[] { 0 })]));

    [Fact]
    public void Create_TensorTwice_Throws() => Assert.Throws<ArgumentException>(
        () => Mask.Create(
            Layout, [new TensorMask(0, new long[] { 0 }), new TensorMask(1, new long[] { 0 }), new TensorMask(0, new long[] { 1 })]));

    [Fact]
    public void Dense_Layout_HoldsEveryUnit()
    {
        Assert.Equal(10 + 3 + 4, Mask.Dense(Layout).Count);
        Assert.Equal([0L, 1L, 2L], Assert.Single(Mask.Dense(Layout, tensor => tensor.Name == "b").Tensors).Positions.ToArray());
    }
}
