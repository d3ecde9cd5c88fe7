using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Training;

/// <summary>The task of a hook: made where the options say what it starts from and it is not there yet, and refused where it starts from something else.</summary>
internal sealed class HookTask(ICheckpointStore store, string name, CheckpointHookOptions options)
{
    /// <summary>The task. The same again, or from another process at the same time, makes one task.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>: there is no such task and the options do not say what it is to start from, or the task that
    /// they name is not there; <see cref="ErrorCode.CheckpointNotFound"/>: the checkpoint that they name is not there; <see cref="ErrorCode.TaskTaken"/>: the task
    /// starts from something else; <see cref="ErrorCode.BaseMismatch"/>: the checkpoint is of another base than the one expected.</exception>
    public async Task<TaskInfo> OpenAsync(CancellationToken cancellation = default)
    {
        var info = await FindAsync(cancellation);
        return options.From is null || info.From == options.From ? info : throw new FishException(
            ErrorCode.TaskTaken, name, $"The task exists and starts from {info.From?.ToString() ?? "its base"}; this run is to start from {options.From}.",
            "Train to a task of another name, or leave the option From out to go on with this one.");
    }

    /// <summary>Makes the task where the options say what it starts from; otherwise it is there, or whoever asks next is told.</summary>
    /// <exception cref="FishException">As <see cref="OpenAsync"/>.</exception>
    public Task EnsureAsync() => options.From is null ? Task.CompletedTask : OpenAsync();

    private async Task<TaskInfo> FindAsync(CancellationToken cancellation)
    {
        try
        {
            return await store.GetTaskAsync(name, cancellation);
        }
        catch (FishException error) when (error.Code == ErrorCode.TaskNotFound && options.From is not null)
        {
            return (await store.PutTaskAsync(
                name, new TaskSpec(options.ExpectedBase?.ToString(), Retention: options.Retention, From: options.From), cancellation)).Value;
        }
    }
}
