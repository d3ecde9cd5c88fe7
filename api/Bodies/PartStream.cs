using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Bodies;

/// <summary>The content of a form's part. Where the body ends before the part does, that is said as such; to the spool it would look like a fault of the disk.</summary>
internal sealed class PartStream(Stream content, string key) : ReadOnlyStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await content.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException error)
        {
            throw BodyStream.Truncated(key, error);
        }
    }
}
