using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Watch;

/// <summary>The task that a watched folder's versions go to.</summary>
internal static class WatchedTask
{
    private const int PageSize = 1000;

    /// <summary>Finds the task, or makes it on the base that was named.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.BaseNotFound"/>; <see cref="ErrorCode.BaseMismatch"/>: it is on another base.</exception>
    public static async Task<TaskInfo> PrepareAsync(ICheckpointStore store, WatchOptions options, CancellationToken cancellation)
    {
        TaskInfo task;
        try
        {
            task = await store.GetTaskAsync(options.Task, cancellation);
        }
        catch (FishException error) when (error.Code == ErrorCode.TaskNotFound && options.Base is not null)
        {
            return (await store.PutTaskAsync(options.Task, new TaskSpec(options.Base), cancellation)).Value;
        }

        return options.Base is not { } name || (await store.GetBaseAsync(name, cancellation)).Id is var id && id == task.BaseId ? task
            : throw new FishException(
                ErrorCode.BaseMismatch, task.Name, $"The task is bound to the base {task.Base} ({task.BaseId}), not to {name}.", "Leave the base out, or name another task.");
    }

    /// <summary>The states of all its checkpoints, by step.</summary>
    public static async Task<Dictionary<long, Digest>> StatesAsync(ICheckpointStore store, string task, CancellationToken cancellation)
    {
        var states = new Dictionary<long, Digest>();
        for (string? after = null; ;)
        {
            var page = await store.ListCheckpointsAsync(task, new PageRequest(PageSize, after), cancellation);
            foreach (var item in page.Items)
            {
                states[item.Step] = item.State;
            }

            if ((after = page.Next) is null)
            {
                return states;
            }
        }
    }
}
