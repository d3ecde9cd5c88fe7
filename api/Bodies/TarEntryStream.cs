using FishCheckpoint.Api.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Bodies;

/// <summary>The content of a tar entry. If the tar stream ends before the entry, this throws; the tar reader would only end.</summary>
internal sealed class TarEntryStream(Stream content, long length, string name) : ReadOnlyStream
{
    private long total;

    public override long Length => length;

    public override long Position { get => total; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await content.ReadAsync(buffer, cancellationToken);
        total += read;
        return read > 0 || buffer.Length == 0 || total == length ? read : throw BodyErrors.Truncated(name, null);
    }
}
