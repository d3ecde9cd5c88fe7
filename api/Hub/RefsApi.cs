using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Hub;

/// <summary>The route that lists a repository's revisions.</summary>
internal static class RefsApi
{
    public static async Task<Ok<HubRefs>> ListAsync(string task, string? include_prs, IFishStore store,
        CancellationToken cancellation)
    {
        IReadOnlyList<HubRef>? pulls = HubApi.IsYes(include_prs) ? [] : null;
        try
        {
            var known = await store.Tasks.GetAsync(task, cancellation);
            return TypedResults.Ok(
                new HubRefs(await MainAsync(store.Checkpoints, known, cancellation), [], TagsAsync(store.Checkpoints, task, cancellation),
                pulls));
        }
        catch (FishException missing) when (missing.Code == ErrorCode.TaskNotFound)
        {
            var commit = CommitId.OfBase((await Repository.FindBaseAsync(store.Bases, task, missing, cancellation)).Id);
            return TypedResults.Ok(new HubRefs([MainOf(commit)], [], AsyncEnumerable.Empty<HubRef>(), pulls));
        }
    }

    private static HubRef MainOf(CommitId commit) => new(Revision.Main, $"refs/heads/{Revision.Main}", commit.Text);

    private static async Task<IReadOnlyList<HubRef>> MainAsync(ICheckpoints checkpoints, TaskInfo task, CancellationToken cancellation)
    {
        if (task.Latest is null)
        {
            return [];
        }

        try
        {
            var commit = CommitId.Of(await checkpoints.GetAsync(task.Name, StepRef.Latest, cancellation));
            return [MainOf(commit)];
        }
        catch (FishException error) when (error.Code == ErrorCode.CheckpointNotFound)
        {
            // The last one was just deleted.
            return [];
        }
    }

    // Read while they are sent: a task may have 100,000 checkpoints.
    private static async IAsyncEnumerable<HubRef> TagsAsync(
        ICheckpoints checkpoints, string task, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var checkpoint in checkpoints.ListAsync(task, cancellationToken: cancellation))
        {
            var commit = CommitId.Of(checkpoint);
            foreach (var tag in checkpoint.Tags.Where(Revision.CanBeTag))
            {
                yield return HubRef.Tag(tag, commit);
            }

            yield return HubRef.Tag(Revision.OfStep(checkpoint.Step), commit);
        }
    }
}

/// <summary>The revisions of a repository.</summary>
/// <param name="Branches"><c>main</c>, if there is a checkpoint.</param>
/// <param name="Converts">None.</param>
/// <param name="Tags">The task's tags, and an entry for each checkpoint's step.</param>
/// <param name="PullRequests">None, if requested.</param>
internal sealed record HubRefs(
    IReadOnlyList<HubRef> Branches, IReadOnlyList<HubRef> Converts, IAsyncEnumerable<HubRef> Tags,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<HubRef>? PullRequests);

/// <summary>A revision.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Ref">Its git reference.</param>
/// <param name="TargetCommit">Its commit.</param>
internal sealed record HubRef(string Name, string Ref, string TargetCommit)
{
    public static HubRef Tag(string name, CommitId commit) => new(name, $"refs/tags/{name}", commit.Text);
}
