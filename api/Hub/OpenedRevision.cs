using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Hub;

/// <summary>A checkpoint or a base, opened by a revision. Its names and its content come from one snapshot.</summary>
/// <param name="Reader">Its files. The caller disposes it.</param>
/// <param name="Commit">Its commit, which stays valid when its step is replaced.</param>
/// <param name="Title">Its step as text, or a note that it is a base.</param>
/// <param name="Saved">When it was saved.</param>
/// <param name="Tags">Its other names.</param>
internal sealed record OpenedRevision(IModelReader Reader, CommitId Commit, string Title, DateTimeOffset Saved, IReadOnlyList<string> Tags)
    : IAsyncDisposable
{
    private const string BaseTitle = "base";

    /// <summary>Opens a revision of a repository.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.CheckpointNotFound"/>,
    /// <see cref="ErrorCode.TagNotFound"/>.</exception>
    public static async Task<OpenedRevision> OpenAsync(IFishStore store, string repository, string revision,
        CancellationToken cancellation)
    {
        try
        {
            return CommitId.TryParse(revision, out var commit) ? await OpenAsync(store, repository, commit, cancellation)
                : await OpenAsync(store.States, repository, Revision.Parse(revision), cancellation);
        }
        catch (FishException missing) when (missing.Code == ErrorCode.TaskNotFound)
        {
            var found = await Repository.FindBaseAsync(store.Bases, repository, missing, cancellation);
            var commit = CommitId.OfBase(found.Id);
            return revision is Revision.Main or "latest" || revision == commit.Text
                ? new OpenedRevision(await store.Bases.OpenAsync($"{found.Id}", cancellation), commit, BaseTitle, found.Created, [])
                    : throw Revision.Missing(revision);
        }
    }

    public ValueTask DisposeAsync() => Reader.DisposeAsync();

    private static async Task<OpenedRevision> OpenAsync(IFishStore store, string task, CommitId commit, CancellationToken cancellation)
    {
        await store.Tasks.GetAsync(task, cancellation);
        foreach (var step in commit.StepsIn(task))
        {
            try
            {
                var opened = await OpenAsync(store.States, task, StepRef.At(step), cancellation);
                if (opened.Commit == commit)
                {
                    return opened;
                }

                await opened.DisposeAsync();
            }
            catch (FishException error) when (error.Code == ErrorCode.CheckpointNotFound)
            {
                // Deleted since, or another checkpoint.
            }
        }

        throw Revision.Missing(commit.Text);
    }

    private static async Task<OpenedRevision> OpenAsync(IStates states, string task, StepRef step, CancellationToken cancellation)
    {
        var reader = await states.OpenAsync(task, step, cancellation);
        if (reader.Checkpoint is { } checkpoint)
        {
            var title = Revision.OfStep(checkpoint.Step);
            return new OpenedRevision(
                reader, CommitId.Of(checkpoint), title, checkpoint.Created, [title, .. checkpoint.Tags.Where(Revision.CanBeTag)]);
        }

        await reader.DisposeAsync();
        throw new InvalidOperationException("The store does not report which checkpoint it opened.");
    }
}
