using System.IO.Pipelines;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Checkpoints;

/// <summary>What a restore allocates: counted over the process, so that nothing else may run beside it.</summary>
[Collection(nameof(RestoreMemoryTests))]
public sealed class RestoreMemoryTests
{
    [Fact]
    public async Task CopyAsync_ManyBlocks_ReusesTheirMemory()
    {
        const int blocks = 100;
        var (
            tensor, pipe) =
            (new TensorInfo("w", DType.U8, [2 * Blocks.Size]),
            new Pipe(new PipeOptions(pauseWriterThreshold: 4 * Blocks.Size, resumeWriterThreshold: 2 * Blocks.Size)));
        var model = MemoryModel.Random(new Random(1), tensor);
        var reading = DrainAsync(pipe.Reader);
        var before = GC.GetTotalAllocatedBytes();

        await RestoreWriter.CopyAsync(
            Enumerable.Range(0, blocks).Select(index => new Segment(0, index % 2, 0, Blocks.Size)), default, model, pipe.Writer,
            TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();

        Assert.Equal((long)blocks * Blocks.Size, await reading);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, blocks * Blocks.Size / 2);
    }

    private static async Task<long> DrainAsync(PipeReader reader)
    {
        for (var total = 0L; ;)
        {
            var read = await reader.ReadAsync(TestContext.Current.CancellationToken);
            total += read.Buffer.Length;
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return total;
            }
        }
    }

    [CollectionDefinition(nameof(RestoreMemoryTests), DisableParallelization = true)]
    public sealed class Alone;
}
