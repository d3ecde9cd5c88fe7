using FishCheckpoint.Api.Bodies;

namespace FishCheckpoint.Api.State;

/// <summary>Streams a trainer state. Owns the stream.</summary>
internal sealed class StateResult(Stream content) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var owned = content;
        var response = httpContext.Response;
        (response.ContentType, response.ContentLength) = (MediaTypes.Bytes, content.Length);
        await content.CopyToAsync(response.Body, httpContext.RequestAborted);
    }
}
