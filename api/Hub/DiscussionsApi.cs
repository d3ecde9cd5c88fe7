using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Hub;

/// <summary>The routes of discussions and pull requests, which no repository has.</summary>
internal static class DiscussionsApi
{
    public static async Task<Ok<HubDiscussions>> ListAsync(string task, IFishStore store, CancellationToken cancellation)
    {
        await Repository.FindAsync(store, task, cancellation);
        return TypedResults.Ok(new HubDiscussions([], 0, 0));
    }

    public static async Task GetAsync(string task, string number, IFishStore store, CancellationToken cancellation)
    {
        await Repository.FindAsync(store, task, cancellation);
        throw new FishException(
            ErrorCode.FileNotFound, number.Length <= 80 ? number : number[..80],
                "The repository has no discussions.", "List its revisions.");
    }
}

/// <summary>The discussions of a repository.</summary>
/// <param name="Discussions">None.</param>
/// <param name="Count">Their number.</param>
/// <param name="Start">The start of the page.</param>
internal sealed record HubDiscussions(IReadOnlyList<string> Discussions, int Count, int Start);
