using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Checkpoints;

public sealed class RestoreWriterTests
{
    [Fact]
    public async Task CopyAsync_ManySmallTensors_AreFlushedTogetherAfterTheHeader()
    {
        var model = MemoryModel.Random(new Random(1), [.. Enumerable.Range(0, 600).Select(index => new TensorInfo($"t{index}", DType.U8, [4096]))]);
        var (header, written) = (new byte[100], new MemoryStream());
        var pipe = new CountingWriter(written);

        await RestoreWriter.CopyAsync(
            [new Segment(-1, 0, 0, header.Length), .. Enumerable.Range(0, 600).Select(index => new Segment(index, 0, 0, 4096))], header, model, pipe,
            TestContext.Current.CancellationToken);

        Assert.Equal([.. header, .. model.Tensors.SelectMany(bytes => bytes)], written.ToArray());
        Assert.Equal([100, 1 << 20, 1 << 20, (600 * 4096) - (2 << 20)], pipe.Flushed);
    }

    [Fact]
    public async Task CopyAsync_ManyBlocks_ReusesTheirMemory()
    {
        const int blocks = 100;
        var (tensor, pipe) = (new TensorInfo("w", DType.U8, [2 * Blocks.Size]), new Pipe(new PipeOptions(pauseWriterThreshold: 4 * Blocks.Size, resumeWriterThreshold: 2 * Blocks.Size)));
        var model = MemoryModel.Random(new Random(1), tensor);
        var reading = DrainAsync(pipe.Reader);
        var before = GC.GetTotalAllocatedBytes();

        await RestoreWriter.CopyAsync(
            Enumerable.Range(0, blocks).Select(index => new Segment(0, index % 2, 0, Blocks.Size)), default, model, pipe.Writer, TestContext.Current.CancellationToken);
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

    private sealed class CountingWriter(Stream target) : PipeWriter
    {
        private readonly PipeWriter inner = Create(target);
        private int unflushed;

        public List<int> Flushed { get; } = [];

        public override void Advance(int bytes)
        {
            unflushed += bytes;
            inner.Advance(bytes);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Flushed.Add(unflushed);
            unflushed = 0;
            return inner.FlushAsync(cancellationToken);
        }

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);
    }
}
