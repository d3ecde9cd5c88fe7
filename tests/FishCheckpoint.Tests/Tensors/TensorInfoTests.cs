using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

public sealed class TensorInfoTests
{
    [Fact]
    public void Constructor_Scalar_HasOneElement()
    {
        var tensor = new TensorInfo("s", DType.F32, []);

        Assert.Equal((1L, 4L, 1L), (tensor.Elements, tensor.Bytes, tensor.Units));
    }

    [Fact]
    public void Constructor_ADimensionOfZero_IsEmpty()
    {
        var tensor = new TensorInfo("e", DType.F32, [3, 0, 5]);

        Assert.Equal((0L, 0L, 0L, 0L), (tensor.Elements, tensor.Bytes, tensor.Units, Blocks.CountOf(tensor)));
    }

    [Theory]
    [InlineData(DType.F4, 6, 3)]
    [InlineData(DType.F6E2M3, 4, 3)]
    [InlineData(DType.F6E3M2, 8, 6)]
    public void Constructor_PackedType_CountsBytesAsUnits(DType type, long elements, long bytes)
    {
        var tensor = new TensorInfo("p", type, [elements]);

        Assert.Equal((elements, bytes, bytes, 1), (tensor.Elements, tensor.Bytes, tensor.Units, tensor.UnitSize));
    }

    [Theory]
    [InlineData(DType.F4, 3)]
    [InlineData(DType.F6E2M3, 2)]
    [InlineData(DType.F6E3M2, 5)]
    public void Constructor_PackedTypeWithHalfBytes_Throws(DType type, long elements) =>
        Assert.Throws<ArgumentException>(() => new TensorInfo("p", type, [elements]));

    [Theory]
    [InlineData(long.MaxValue, 2)]
    [InlineData(long.MaxValue / 8, 1)]
    [InlineData(-1, 1)]
    [InlineData(-1, 0)]
    [InlineData(1L << 32, 1L << 32)]
    public void Constructor_ProductThatDoesNotFit_Throws(long left, long right) =>
        Assert.Throws<OverflowException>(() => new TensorInfo("o", DType.F32, [left, right]));

    [Fact]
    public void Equals_NameTypeAndDimensions_Count()
    {
        var tensor = new TensorInfo("a", DType.F32, [2, 3]);

        Assert.Equal(tensor, new TensorInfo("a", DType.F32, [2, 3]));
        Assert.Equal(tensor.GetHashCode(), new TensorInfo("a", DType.F32, [2, 3]).GetHashCode());
        Assert.NotEqual(tensor, new TensorInfo("b", DType.F32, [2, 3]));
        Assert.NotEqual(tensor, new TensorInfo("a", DType.I32, [2, 3]));
        Assert.NotEqual(tensor, new TensorInfo("a", DType.F32, [3, 2]));
        Assert.NotEqual(tensor, new TensorInfo("a", DType.F32, [6]));
        Assert.False(tensor.Equals(null));
    }

    [Fact]
    public void ToString_Always_ReadsAsNameTypeShape() =>
        Assert.Equal("w F8_E4M3 [2, 3]", new TensorInfo("w", DType.F8E4M3, [2, 3]).ToString());
}
