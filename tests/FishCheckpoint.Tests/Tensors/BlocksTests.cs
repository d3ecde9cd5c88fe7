using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

public sealed class BlocksTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(Blocks.Size, 1, Blocks.Size)]
    [InlineData(Blocks.Size + 1, 2, 1)]
    [InlineData((3 * Blocks.Size) - 1, 3, Blocks.Size - 1)]
    public void CountOf_Length_LeavesTheRestToTheLastBlock(long bytes, long count, int last)
    {
        var tensor = new TensorInfo("t", DType.U8, [bytes]);

        Assert.Equal(count, Blocks.CountOf(tensor));
        if (count > 0)
        {
            Assert.Equal(last, Blocks.LengthOf(tensor, count - 1));
            Assert.Equal(bytes, Enumerable.Range(0, (int)count).Sum(block => (long)Blocks.LengthOf(tensor, block)));
        }
    }

    [Theory]
    [InlineData(0, 8, 0)]
    [InlineData((Blocks.Size / 8) - 1, 8, 0)]
    [InlineData(Blocks.Size / 8, 8, 1)]
    [InlineData(1L << 40, 2, 1L << 21)]
    public void BlockOf_Position_IsWhereItsBytesLie(long position, int unitSize, long block) =>
        Assert.Equal(block, Blocks.BlockOf(position, unitSize));
}
