using FishCheckpoint.Errors;

namespace FishCheckpoint.Client.Http;

/// <summary>A stream of an announced length. It gives no more, and throws if there is less.</summary>
/// <param name="content">The content. Owned.</param>
/// <param name="name">The name for the error message.</param>
/// <param name="length">Its length.</param>
internal sealed class ExactStream(Stream content, string name, long length) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => content.CanSeek;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => content.Position;
        set => content.Position = value;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = buffer[..(int)Math.Min(buffer.Length, Math.Max(0, length - content.Position))];
        return Validate(wanted.Length, await content.ReadAsync(wanted, cancellationToken));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        var wanted = (int)Math.Min(count, Math.Max(0, length - content.Position));
        return Validate(wanted, content.Read(buffer, offset, wanted));
    }

    public override long Seek(long offset, SeekOrigin origin) => content.Seek(offset, origin);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            content.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Validate(int wanted, int read) => read > 0 || wanted == 0 ? read : throw new FishException(
        ErrorCode.BodyTruncated, name,
        $"The file ends at byte {content.Position}, {length - content.Position} bytes early: it shrank while it was sent.",
        "Nothing was stored. Send it again once nothing writes to it.");
}
