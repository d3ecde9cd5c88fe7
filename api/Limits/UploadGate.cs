using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Http.Metadata;

namespace FishCheckpoint.Api.Limits;

/// <summary>
/// Takes as many uploads as there is room for; the others are answered before a byte of theirs is read. It is no policy of the server's
/// rate limiter, which acts before keys are checked: a request without a key must not take an upload's place.
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

        // Nothing has come yet: to a mere announcement of those who may not remove deleted checkpoints themselves, these give way as far as
        // the reserve goes.
        if (room.Missing(context.Request.ContentLength ?? 0) is > 0 and var missing
            && (context.Key() is null or { Scope: KeyScope.Admin, Tasks: null } || missing <= room.KeptFree))
        {
            await opened().MakeRoomAsync(missing, context.RequestAborted);
        }

        using var lease = room.Enter();
        context.Features.Set(lease);
        await next(context);
    }

    // What passes a quota is found when it is stored; who has used all of it need not send anything.
    private static void RequireQuota(HttpContext context)
    {
        if (context.Key() is { QuotaBytes: { } quota } key && key.StoredBytes >= quota)
        {
            throw new FishException(
                ErrorCode.QuotaExceeded, $"key {key.Id}", $"It stores {key.StoredBytes} bytes of {quota}.",
                "Delete checkpoints that this key has saved, or ask for a key with a larger quota.");
        }
    }
}
