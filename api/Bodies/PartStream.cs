using FishCheckpoint.Api.Errors;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Bodies;

/// <summary>
/// The content of a form's part. Where the body ends before the part does, that is said as such; to the spool it would look like a fault of
/// the disk.
/// </summary>
/// <param name="content">The part.</param>
/// <param name="key">What it is called in errors.</param>
/// <param name="limit">The most bytes that it may have. Default: the body's own limit.</param>
internal sealed class PartStream(Stream content, string key, long limit = long.MaxValue) : ReadOnlyStream
{
    private long total;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await content.ReadAsync(buffer, cancellationToken);
            return (total += read) <= limit ? read : throw new FishException(
                ErrorCode.TooLarge, key, $"The part has more than the {limit} bytes that are left for it.", "Leave large files out.");
        }
        catch (IOException error)
        {
            throw BodyErrors.Truncated(key, error);
        }
    }
}
