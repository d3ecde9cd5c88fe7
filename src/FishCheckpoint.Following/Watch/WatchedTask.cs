using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Watch;

/// <summary>The task that a watched folder's versions go to.</summary>
internal static class WatchedTask
{
    /// <summary>Finds the task, or makes it on the base that was named.</summary>
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
                "Leave the base out, or name another task.");
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
