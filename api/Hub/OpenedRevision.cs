using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Hub;

/// <summary>A checkpoint, opened by a revision. What it is called and what it gives come from one snapshot.</summary>
/// <param name="Reader">Its files. Disposed by whoever opened it.</param>
/// <param name="Checkpoint">What it is.</param>
/// <param name="Commit">What it is called, whatever becomes of its step.</param>
internal sealed record OpenedRevision(IModelReader Reader, CheckpointInfo Checkpoint, CommitId Commit) : IAsyncDisposable
{
    /// <summary>Opens the checkpoint of a revision.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.CheckpointNotFound"/>, <see cref="ErrorCode.TagNotFound"/>.</exception>
    public static Task<OpenedRevision> OpenAsync(ICheckpointStore store, string task, string revision, CancellationToken cancellation) =>
        CommitId.TryParse(revision, out var commit) ? OpenAsync(store, task, commit, cancellation) : OpenAsync(store, task, Revision.Parse(revision), cancellation);

    public ValueTask DisposeAsync() => Reader.DisposeAsync();

    private static async Task<OpenedRevision> OpenAsync(ICheckpointStore store, string task, CommitId commit, CancellationToken cancellation)
    {
        await store.GetTaskAsync(task, cancellation);
        foreach (var step in commit.StepsIn(task))
        {
            try
            {
                var opened = await OpenAsync(store, task, StepRef.At(step), cancellation);
                if (opened.Commit == commit)
                {
                    return opened;
                }

                await opened.DisposeAsync();
            }
            catch (FishException error) when (error.Code == ErrorCode.CheckpointNotFound)
            {
                // Deleted since, or never this id's.
            }
        }

        throw Revision.Missing(commit.Text);
    }

    private static async Task<OpenedRevision> OpenAsync(ICheckpointStore store, string task, StepRef step, CancellationToken cancellation)
    {
        var reader = await store.OpenAsync(task, step, cancellation);
        if (reader.Checkpoint is { } checkpoint)
        {
            return new OpenedRevision(reader, checkpoint, CommitId.Of(checkpoint));
        }

        await reader.DisposeAsync();
        throw new InvalidOperationException("The store does not say which checkpoint it opened.");
    }
}
