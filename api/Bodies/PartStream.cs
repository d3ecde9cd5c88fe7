using FishCheckpoint.Api.Errors;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Bodies;

/// <summary>
/// The content of a form's part. If the body ends before the part, this throws an error of the body; the spool would report an error of the
/// disk.
/// </summary>
/// <param name="content">The part.</param>
/// <param name="key">Its name in errors.</param>
/// <param name="limit">The largest size accepted, in bytes. Default: the body's own limit.</param>
internal sealed class PartStream(Stream content, string key, long limit = long.MaxValue) : ReadOnlyStream
{
    private long total;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await content.ReadAsync(buffer, cancellationToken);
            return (total += read) <= limit ? read : throw new FishException(
                ErrorCode.TooLarge, key, $"The part has more than the remaining {limit} bytes.", "Leave large files out.");
        }
        catch (IOException error)
        {
            throw BodyErrors.Truncated(key, error);
        }
    }
}
