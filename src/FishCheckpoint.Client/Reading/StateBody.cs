using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Reading;

/// <summary>The answer with a trainer state. Ends the response when it is disposed.</summary>
internal sealed class StateBody(HttpResponseMessage response, Stream content, EarlyEnd end) : ReadOnlyStream
{
    private readonly long? length = response.Content.Headers.ContentLength;

    public override long Length => length ?? base.Length;

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return content.Read(buffer);
        }
        catch (IOException error)
        {
            throw end.ExplainAsync(error, CancellationToken.None).GetAwaiter().GetResult();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await content.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException error)
        {
            throw await end.ExplainAsync(error, cancellationToken);
        }
    }

    protected override void Dispose(bool disposing)
    {
        content.Dispose();
        response.Dispose();
        base.Dispose(disposing);
    }
}
