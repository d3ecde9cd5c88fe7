using System.Net;
using System.Net.Http.Headers;

namespace FishCheckpoint.Client.Http;

/// <summary>A request body that is generated while it is sent and never buffered.</summary>
internal sealed class StreamedContent : HttpContent
{
    private readonly Func<Stream, CancellationToken, Task> write;
    private readonly long? length;
    private readonly IDisposable? owned;

    /// <param name="mediaType">Its media type.</param>
    /// <param name="write">Writes the body.</param>
    /// <param name="length">Its length; <see langword="null"/> uses chunked encoding.</param>
    /// <param name="owned">Disposed with the body.</param>
    public StreamedContent(string mediaType, Func<Stream, CancellationToken, Task> write, long? length = null, IDisposable? owned = null)
    {
        (this.write, this.length, this.owned) = (write, length, owned);
        Headers.ContentType = new MediaTypeHeaderValue(mediaType);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        write(stream, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = this.length ?? -1;
        return this.length is not null;
    }

    protected override void Dispose(bool disposing)
    {
        owned?.Dispose();
        base.Dispose(disposing);
    }
}
