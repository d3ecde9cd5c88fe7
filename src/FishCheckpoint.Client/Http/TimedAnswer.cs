using System.Net;

namespace FishCheckpoint.Client.Http;

/// <summary>A response body with an idle timeout. Owns the inner body.</summary>
internal sealed class TimedAnswer : HttpContent
{
    private readonly HttpContent inner;
    private readonly TimeSpan limit;

    public TimedAnswer(HttpContent inner, TimeSpan limit)
    {
        (this.inner, this.limit) = (inner, limit);
        foreach (var (name, values) in inner.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new IdleStream(await inner.ReadAsStreamAsync(cancellationToken), limit);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var content = await CreateContentReadStreamAsync(cancellationToken);
        await content.CopyToAsync(stream, cancellationToken);
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
}
