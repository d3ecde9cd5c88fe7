using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Hub;

/// <summary>The route that lists a repository's commits: a task's checkpoints from a revision backwards, or a base's one.</summary>
internal static class CommitsApi
{
    private const int MaxCommits = 1000;
    private const int UsualCommits = 50;

    public static async Task<Ok<IReadOnlyList<HubCommit>>> ListAsync(
        string task, string revision, int? limit, string? cursor, HttpContext context, IFishStore store,
            CancellationToken cancellation)
    {
        HubCommit newest;
        await using (var opened = await OpenedRevision.OpenAsync(store, task, revision, cancellation))
        {
            newest = HubCommit.Of(opened);
            if (opened.Reader.Checkpoint is not { } checkpoint)
            {
                return TypedResults.Ok<IReadOnlyList<HubCommit>>([newest]);
            }

            cursor ??= checkpoint.Step == long.MaxValue ? null : (checkpoint.Step + 1).ToString(CultureInfo.InvariantCulture);
        }

        if (cursor is not null && !long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw new FishException(ErrorCode.RequestInvalid, "cursor", "The cursor is not a position in the list.",
                "Use the Link of the previous response.");
        }

        var page = new PageRequest(Math.Clamp(limit ?? UsualCommits, 1, MaxCommits), cursor, Descending: true);
        var part = await store.Checkpoints.ListAsync(task, page, cancellation).ReadPageAsync();
        context.SayNext(part.Next);
        return TypedResults.Ok<IReadOnlyList<HubCommit>>([.. part.Items.Select(HubCommit.Of)]);
    }
}
