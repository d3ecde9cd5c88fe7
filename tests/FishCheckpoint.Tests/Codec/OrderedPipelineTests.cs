using FishCheckpoint.Codec;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

public sealed class OrderedPipelineTests
{
    [Fact]
    public void Submit_LargeAndSmallChunks_AreGivenOnInOrder()
    {
        var (random, given) = (new Random(1), new List<int>());
        using (var pipeline = new OrderedPipeline<CodingBuffers>(
            chunk => { Thread.SpinWait(chunk.Offset % 7 * 1000); chunk.ValuesLength = chunk.Offset;
            }, chunk => given.Add(chunk.ValuesLength), 2))
        {
            for (var number = 0; number < 300; number++)
            {
                Submit(pipeline, number, random.Next(2) == 0 ? 1 : 30_000);
            }

            pipeline.Finish();
        }

        Assert.Equal(Enumerable.Range(0, 300), given);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(30_000)]
    public void Submit_ChunkThatFails_EndsTheWorkWithItsError(int count)
    {
        var given = new List<int>();
        using var pipeline = new OrderedPipeline<CodingBuffers>(
            chunk => { if (chunk.Offset == 5) { throw new InvalidDataException("five"); } }, chunk => given.Add(chunk.Offset), 2);
        var error = Assert.Throws<InvalidDataException>(() =>
        {
            for (var number = 0; number < 20; number++)
            {
                Submit(pipeline, number, count);
            }

            pipeline.Finish();
        });

        Assert.Equal("five", error.Message);
        Assert.Equal(Enumerable.Range(0, 5), given);
    }

    private static void Submit(OrderedPipeline<CodingBuffers> pipeline, int number, int count)
    {
        var chunk = pipeline.Take();
        chunk.Chunk.Reset(0, 1);
        chunk.Chunk.Append(count, out _, out _);
        chunk.Offset = number;
        pipeline.Submit(chunk);
    }
}
