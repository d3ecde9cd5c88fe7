using System.IO.Pipelines;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Checkpoints;

public sealed class RestoreWriterTests
{
    [Fact]
    public async Task CopyAsync_ManySmallTensors_AreFlushedTogetherAfterTheHeader()
    {
        var model = MemoryModel.Random(
            new Random(1), [.. Enumerable.Range(0, 600).Select(index => new TensorInfo($"t{index}", DType.U8, [4096]))]);
        var (header, written) = (new byte[100], new MemoryStream());
        var pipe = new CountingWriter(written);

        await RestoreWriter.CopyAsync(
            [new Segment(-1, 0, 0, header.Length), .. Enumerable.Range(0, 600).Select(index => new Segment(index, 0, 0, 4096))], header,
            model, pipe,
            TestContext.Current.CancellationToken);

        Assert.Equal([.. header, .. model.Tensors.SelectMany(bytes => bytes)], written.ToArray());
        Assert.Equal([100, 1 << 20, 1 << 20, (600 * 4096) - (2 << 20)], pipe.Flushed);
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
