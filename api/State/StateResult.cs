using System.IO.Pipelines;
using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Api.Restores;
using FishCheckpoint.Codec;
using Microsoft.Net.Http.Headers;

namespace FishCheckpoint.Api.State;

/// <summary>Streams a trainer state. Owns the stream.</summary>
internal sealed class StateResult(Stream content, CheckedPart checks) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var owned = content;
        if (content is IDigestedContent { Sha256: var digest })
        {
            var tag = new EntityTagHeaderValue($"\"{digest}\"");
            (httpContext.Response.Headers.ETag, httpContext.Response.Headers[DigestField.Representation]) = (tag.ToString(),
                DigestField.Format(digest));
            if (Preconditions.IsUnchanged(httpContext.Request.GetTypedHeaders(), tag))
            {
                httpContext.Response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
        }

        if (checks.Checked == true)
        {
            await checks.WriteAsync(httpContext, content.Length, (part, target) => CopyAsync(part, target, httpContext.RequestAborted));
            return;
        }

        var response = httpContext.Response;
        (response.ContentType, response.ContentLength) = (MediaTypes.Bytes, content.Length);
        if (!httpContext.IsHead())
        {
            await content.CopyToAsync(response.Body, httpContext.RequestAborted);
        }
    }

    // A trainer state is read from its beginning; bytes before the part are skipped.
    private async Task CopyAsync(ByteRange part, PipeWriter target, CancellationToken cancellation)
    {
        var skipped = new byte[1 << 16];
        for (var left = part.Offset; left > 0;)
        {
            var count = (int)Math.Min(skipped.Length, left);
            await content.ReadExactlyAsync(skipped.AsMemory(0, count), cancellation);
            left -= count;
        }

        for (var left = part.Length; left > 0;)
        {
            var memory = target.GetMemory(1 << 16);
            var count = (int)Math.Min(memory.Length, left);
            await content.ReadExactlyAsync(memory[..count], cancellation);
            target.Advance(count);
            await target.FlushAsync(cancellation);
            left -= count;
        }
    }
}
