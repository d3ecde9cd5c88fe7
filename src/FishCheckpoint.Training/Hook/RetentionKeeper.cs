using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Training;

/// <summary>
/// Sets a task's retention in the store, and after each save deletes the checkpoints that no rule keeps. Used on the saver's task only.
/// </summary>
internal sealed class RetentionKeeper(
    IFishStore store, string task, Retention retention, RunIdentity run, CheckpointHookOptions options)
{
    private readonly Dictionary<long, RetentionCandidate> steps = [];
    private bool prepared;

    /// <summary>Sets the task's retention, which defines <c>best</c>, and lists its checkpoints.</summary>
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
            // Never delete another run's checkpoints.
            if (!(options.Overwrite || options.NewRun) || RunIdentity.Of(item) == run.Id)
            {
                steps[item.Step] = CandidateOf(item);
            }
        }

        prepared = true;
    }

    /// <summary>Records a save, and deletes checkpoints that no rule keeps.</summary>
    /// <param name="saved">The checkpoint.</param>
    /// <param name="anchor">The parent step of the saves, which stays.</param>
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
            // It may have been tagged or pinned meanwhile.
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
            // Another caller deleted it.
        }

        steps.Remove(step);
    }

    private RetentionCandidate CandidateOf(CheckpointInfo info) => new(
        info.Step, retention.Monitor is { } monitor && info.Metrics.TryGetValue(monitor, out var value) ? value : null, info.Created,
        info.Tags.Count > 0 ? info.Tags[0] : null, info.Pinned);
}
