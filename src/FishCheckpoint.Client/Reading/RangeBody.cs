using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using FishCheckpoint.Client.Http;

namespace FishCheckpoint.Client.Reading;

/// <summary>The answer to a request for a range of a file.</summary>
internal sealed class RangeBody : IDisposable
{
    private readonly HttpResponseMessage response;
    private readonly long length;

    private RangeBody(HttpResponseMessage response, long length) => (this.response, this.length) = (response, length);

    /// <summary>Asks for a range; the whole file is asked for without one.</summary>
    public static async Task<RangeBody> OpenAsync(
        FishHttp server, string path, long offset, long length, long whole, CancellationToken cancellation)
    {
        var partial = length < whole;
        var answer = await server.SendAsync(
            HttpMethod.Get, path,
            prepare: request => request.Headers.Range = partial ? new RangeHeaderValue(offset, offset + length - 1) : null, cancellation: cancellation);
        if (answer.StatusCode == (partial ? HttpStatusCode.PartialContent : HttpStatusCode.OK))
        {
            return new RangeBody(answer, length);
        }

        using (answer)
        {
            throw server.Unavailable(new IOException($"A range was asked for and answered with {(int)answer.StatusCode}."));
        }
    }

    /// <summary>Writes the range.</summary>
    /// <exception cref="HttpIOException">The answer ended early.</exception>
    public async Task CopyToAsync(PipeWriter destination, CancellationToken cancellation)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        for (var left = length; left > 0;)
        {
            var memory = destination.GetMemory(1 << 16);
            var read = await ReadAsync(stream, memory[..(int)Math.Min(memory.Length, left)], cancellation);
            destination.Advance(read);
            left -= read;
            await destination.FlushAsync(cancellation);
        }
    }

    public void Dispose() => response.Dispose();

    // Told apart from what goes wrong where the bytes are written to.
    private static async Task<int> ReadAsync(Stream stream, Memory<byte> destination, CancellationToken cancellation)
    {
        try
        {
            var read = await stream.ReadAsync(destination, cancellation);
            return read > 0 ? read : throw new HttpIOException(HttpRequestError.ResponseEnded, "The answer is shorter than it was announced.");
        }
        catch (IOException error) when (error is not HttpIOException)
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded, error.Message, error);
        }
    }
}
