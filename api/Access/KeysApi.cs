using FishCheckpoint.Access;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Checkpoints;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Access;

/// <summary>The routes of keys.</summary>
internal static class KeysApi
{
    public static void MapKeys(this RouteGroupBuilder group)
    {
        group.MapPost("/", AddAsync).Needs(KeyScope.Admin, Reach.Store)
            .WithSummary("Create a key; only this answer has its token").MayFail(409, 413, 415);
        group.MapGet("/", ListAsync).Needs(KeyScope.Admin, Reach.Store)
            .WithSummary("List the keys in the order of creation, without their tokens");
        group.MapDelete("/{key}", RevokeAsync).Needs(KeyScope.Admin, Reach.Store).WithSummary("Revoke a key by its name or its id");
    }

    private static async Task<Created<NewKey>> AddAsync(
        KeySpec spec, HttpResponse response, IAccessControl access, CancellationToken cancellation)
    {
        var added = await access.AddKeyAsync(spec, cancellation);
        response.Headers.CacheControl = "no-store";
        return TypedResults.Created($"/v1/keys/{added.Key.Id}", added);
    }

    private static async Task<Ok<Page<KeyInfo>>> ListAsync(
        int? limit, string? after, HttpContext context, IAccessControl access, CancellationToken cancellation)
    {
        var page = Paging.Of(limit, after);
        return Paging.Answer(context, page, await access.ListKeysAsync(page, cancellation).ReadPageAsync());
    }

    private static async Task<Ok<KeyInfo>> RevokeAsync(string key, IAccessControl access, CancellationToken cancellation) =>
        TypedResults.Ok(await access.RevokeKeyAsync(key, cancellation));
}
