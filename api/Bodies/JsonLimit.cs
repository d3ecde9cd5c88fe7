using FishCheckpoint.Api.Settings;
using Microsoft.AspNetCore.Http.Metadata;

namespace FishCheckpoint.Api.Bodies;

/// <summary>
/// Limits the bodies of all routes without their own limit: JSON. The server's own limit would close the connection while the client still
/// sends, and the client might never see the reason.
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
