using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Training;

/// <summary>Tells the store a task's retention, and deletes after each save what it lets go. Used on the saver's task only.</summary>
internal sealed class RetentionKeeper(
    IFishStore store, string task, Retention retention, RunIdentity run, CheckpointHookOptions options)
{
    private readonly Dictionary<long, RetentionCandidate> steps = [];
    private bool prepared;

    /// <summary>Puts the retention on the task, so that <c>best</c> has its meaning, and learns which checkpoints there are.</summary>
    public async Task PrepareAsync()
    {
        if (prepared)
        {
            return;
        }

        var info = await store.Tasks.GetAsync(task);
        if (info.Retention != retention)
        {
            await store.Tasks.PutAsync(
                task, new TaskSpec(info.BaseId.ToString(), info.Description, info.Metadata, retention, info.Tensors));
        }

        await foreach (var item in store.Checkpoints.ListAsync(task))
        {
            // Another run's checkpoints are not this one's to delete.
            if (!(options.Overwrite || options.NewRun) || RunIdentity.Of(item) == run.Id)
            {
                steps[item.Step] = CandidateOf(item);
            }
        }

        prepared = true;
    }

    /// <summary>Takes note of a save, and deletes what no rule keeps.</summary>
    /// <param name="saved">The checkpoint.</param>
    /// <param name="anchor">The step that saves are laid on: it stays.</param>
    public async Task SavedAsync(CheckpointInfo saved, long? anchor)
    {
        steps[saved.Step] = CandidateOf(saved);
        foreach (var decision in RetentionPlan.Decide(steps.Values, retention, saved.Created))
        {
            if (decision.KeptBy is null && decision.Step != anchor && decision.Step != saved.Step)
            {
                await DeleteAsync(decision.Step);
            }
        }
    }

    private async Task DeleteAsync(long step)
    {
        try
        {
            // Tagged or pinned meanwhile?
            var info = await store.Checkpoints.GetAsync(task, StepRef.At(step));
            if (info.Tags.Count > 0 || info.Pinned)
            {
                steps[step] = CandidateOf(info);
                return;
            }

            await store.Checkpoints.DeleteAsync(task, StepRef.At(step));
        }
        catch (FishException error) when (error.Code == ErrorCode.CheckpointNotFound)
        {
            // Someone else deleted it.
        }

        steps.Remove(step);
    }

    private RetentionCandidate CandidateOf(CheckpointInfo info) => new(
        info.Step, retention.Monitor is { } monitor && info.Metrics.TryGetValue(monitor, out var value) ? value : null, info.Created,
        info.Tags.Count > 0 ? info.Tags[0] : null, info.Pinned);
}
