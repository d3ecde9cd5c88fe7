using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Http.Metadata;

namespace FishCheckpoint.Api.Limits;

/// <summary>
/// Limits concurrent uploads; excess ones are refused before any byte is read. It is not a policy of the server's rate limiter, which acts
/// before keys are checked: a request without a key must not take an upload's place.
/// </summary>
internal sealed class UploadGate(RequestDelegate next, UploadRoom room, Func<CheckpointStore> opened)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>() is null)
        {
            await next(context);
            return;
        }

        opened().RequireWritable();
        RequireQuota(context);

        // An announcement alone must not end the grace of deleted checkpoints if its sender may not purge them: for such keys they give way
        // only as far as the reserve.
        if (room.Missing(context.Request.ContentLength ?? 0) is > 0 and var missing
            && (context.Key() is null or { Scope: KeyScope.Admin, Tasks: null } || missing <= room.KeptFree))
        {
            await opened().MakeRoomAsync(missing, context.RequestAborted);
        }

        using var lease = room.Enter();
        context.Features.Set(lease);
        await next(context);
    }

    // Exceeding a quota is found when the upload is stored; a key whose quota is used up is refused before it sends.
    private static void RequireQuota(HttpContext context)
    {
        if (context.Key() is { QuotaBytes: { } quota } key && key.StoredBytes >= quota)
        {
            throw new FishException(
                ErrorCode.QuotaExceeded, $"key {key.Id}", $"The key uses {key.StoredBytes} of {quota} bytes.",
                "Delete checkpoints that this key saved, or ask for a key with a larger quota.");
        }
    }
}
