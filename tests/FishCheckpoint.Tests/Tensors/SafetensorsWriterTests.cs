using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly SafetensorsHeader header = HeaderWriter.Create([new TensorInfo("a", DType.U8, [5])]);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Commit_AllDataInAnyPieces_IsHeaderThenData()
    {
        using var writer = new SafetensorsWriter(folder["m"], header);
        writer.Write([1, 2]);
        writer.Write([]);
        writer.Write([3, 4, 5]);
        writer.Commit();

        Assert.Equal([.. header.ToFileBytes(), 1, 2, 3, 4, 5], File.ReadAllBytes(folder["m"]));
    }

    [Fact]
    public void Write_TooMuch_Throws()
    {
        using (var writer = new SafetensorsWriter(folder["m"], header))
        {
            writer.Write([1, 2, 3]);
            Assert.Throws<InvalidOperationException>(() => writer.Write([4, 5, 6]));
        }

        Assert.Empty(folder.Names);
    }

    [Fact]
    public void Commit_TooLittle_ThrowsAndLeavesNothing()
    {
        using (var writer = new SafetensorsWriter(folder["m"], header))
        {
            writer.Write([1, 2, 3, 4]);
            Assert.Throws<InvalidOperationException>(writer.Commit);
        }

        Assert.Empty(folder.Names);
    }
}
