using FishCheckpoint.Api.Settings;
using Microsoft.AspNetCore.Http.Metadata;

namespace FishCheckpoint.Api.Bodies;

/// <summary>
/// Limits the bodies of all routes that do not limit theirs: JSON. The server's own limit would close the connection under a client that
/// still sends, which then may never see why.
/// </summary>
internal sealed class JsonLimit(RequestDelegate next, FishSettings settings)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>() is not null)
        {
            await next(context);
            return;
        }

        await using var body = new BodyStream(context.Request, settings.Limits.MaxJsonBytes, expected: null);
        context.Request.Body = body;
        await next(context);
    }
}
