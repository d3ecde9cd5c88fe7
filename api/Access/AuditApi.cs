using FishCheckpoint.Access;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Checkpoints;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Access;

/// <summary>The route of the audit log.</summary>
internal static class AuditApi
{
    public static void MapAudit(this RouteGroupBuilder group) => group.MapGet("/audit", ListAsync).Needs(KeyScope.Admin, Reach.Store)
        .WithSummary("List who saved, deleted or was refused what, newest first; ?task= and ?since= filter the entries");

    private static async Task<Ok<Page<AuditEntry>>> ListAsync(
        int? limit, string? after, string? task, DateTimeOffset? since, HttpContext context, IAccessControl access, RefusalCounts refusals,
        CancellationToken cancellation)
    {
        await refusals.FlushAsync();
        var page = Paging.Of(limit, after);
        return Paging.Answer(context, page, await access.ListAuditAsync(page, task, since, cancellation).ReadPageAsync());
    }
}
