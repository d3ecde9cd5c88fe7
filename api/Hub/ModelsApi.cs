using FishCheckpoint.Api.Settings;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Hub;

/// <summary>The routes that describe one repository.</summary>
internal static class ModelsApi
{
    public static async Task<Ok<HubModel>> GetLatestAsync(
        string task, string? blobs, HttpContext context, IFishStore store, FishSettings settings, CancellationToken cancellation)
    {
        // An empty task is a repository too.
        var found = await Repository.FindAsync(store, task, cancellation);
        return found.Modified is null
            ? TypedResults.Ok(HubModel.Of(found, settings.Hub.Owner, context.HasKey()) with { Siblings = [] })
            : await GetAsync(task, Revision.Main, blobs, context, store, settings, cancellation);
    }

    public static async Task<Ok<HubModel>> GetAsync(
        string task, string revision, string? blobs, HttpContext context, IFishStore store, FishSettings settings,
        CancellationToken cancellation)
    {
        var found = await Repository.FindAsync(store, task, cancellation);
        await using var opened = await OpenedRevision.OpenAsync(store, task, revision, cancellation);
        context.SayCommit(opened.Commit);
        return TypedResults.Ok(HubModel.Of(found, opened, settings.Hub.Owner, context.HasKey(), HubApi.IsYes(blobs)));
    }

    /// <summary>Reports whether the key reaches a repository.</summary>
    public static async Task<Ok> CheckAsync(string task, IFishStore store, CancellationToken cancellation)
    {
        await Repository.FindAsync(store, task, cancellation);
        return TypedResults.Ok();
    }
}
