using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Watch;

/// <summary>The task that receives a watched folder's versions.</summary>
internal static class WatchedTask
{
    /// <summary>Finds the task, or creates it on the given base.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.BaseNotFound"/>;
    /// <see cref="ErrorCode.BaseMismatch"/>: it is on another base.</exception>
    public static async Task<TaskInfo> PrepareAsync(IFishStore store, WatchOptions options, CancellationToken cancellation)
    {
        TaskInfo task;
        try
        {
            task = await store.Tasks.GetAsync(options.Task, cancellation);
        }
        catch (FishException error) when (error.Code == ErrorCode.TaskNotFound && options.Base is not null)
        {
            return (await store.Tasks.PutAsync(options.Task, new TaskSpec(options.Base), cancellation)).Value;
        }

        return options.Base is not { } name || (await store.Bases.GetAsync(name, cancellation)).Id is var id && id == task.BaseId ? task
            : throw new FishException(
                ErrorCode.BaseMismatch, task.Name, $"The task is bound to the base {task.Base} ({task.BaseId}), not to {name}.",
                "Leave the base out, or choose another task.");
    }

    /// <summary>The states of all its checkpoints, by step.</summary>
    public static async Task<Dictionary<long, Digest>> StatesAsync(ICheckpoints checkpoints, string task, CancellationToken cancellation)
    {
        var states = new Dictionary<long, Digest>();
        await foreach (var item in checkpoints.ListAsync(task, cancellationToken: cancellation))
        {
            states[item.Step] = item.State;
        }

        return states;
    }
}
