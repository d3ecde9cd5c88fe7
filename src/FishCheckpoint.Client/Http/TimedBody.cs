using System.Diagnostics;
using System.Net;

namespace FishCheckpoint.Client.Http;

/// <summary>A request body that reports each sent byte to the idle timer. Owns the inner body.</summary>
internal sealed class TimedBody : HttpContent
{
    private readonly HttpContent inner;
    private readonly IdleTimer timer;

    public TimedBody(HttpContent inner, IdleTimer timer)
    {
        (this.inner, this.timer) = (inner, timer);
        foreach (var (name, values) in inner.Headers)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var begun = Stopwatch.GetTimestamp();
        timer.Pause();
        await using var timed = new TimedWrites(stream, timer);
        await inner.CopyToAsync(timed, context, cancellationToken);
        timer.StartAfter(Stopwatch.GetElapsedTime(begun));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = inner.Headers.ContentLength ?? -1;
        return length >= 0;
    }

    protected override void Dispose(bool disposing)
    {
        inner.Dispose();
        base.Dispose(disposing);
    }

    // Splits long writes so that each sent part counts. Does not own the inner stream.
    private sealed class TimedWrites(Stream inner, IdleTimer timer) : Stream
    {
        private const int MaxPart = 1 << 16;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            for (; !buffer.IsEmpty; buffer = buffer[Math.Min(MaxPart, buffer.Length)..])
            {
                var writing = inner.WriteAsync(buffer[..Math.Min(MaxPart, buffer.Length)], cancellationToken);
                if (writing.IsCompleted)
                {
                    await writing;
                    continue;
                }

                timer.Start();
                await writing;
                timer.Pause();
            }
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override async Task FlushAsync(CancellationToken cancellationToken)
        {
            timer.Start();
            await inner.FlushAsync(cancellationToken);
            timer.Pause();
        }

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
