using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>
/// The task of a hook. The hook creates a missing task by its options, and refuses one with another start, other tensors or checkpoints of
/// another run. Safe for use by the training thread and the saver at once.
/// </summary>
internal sealed class HookTask(
    IFishStore store, string name, Layout model, RunIdentity run, CheckpointHookOptions options) : IDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private volatile OpenedTask? opened;
    private volatile FishException? refusal;
    private bool asked;

    /// <summary>Why nothing can be saved to the task; <see langword="null"/> while no reason is known.</summary>
    public FishException? Refusal => refusal;

    /// <summary>The task's highest checkpoint; <see langword="null"/> for none.</summary>
    public static async Task<CheckpointInfo?> NewestAsync(ICheckpoints checkpoints, string task, CancellationToken cancellation = default)
    {
        try
        {
            return await checkpoints.GetAsync(task, StepRef.Latest, cancellation);
        }
        catch (FishException error) when (error.Code == ErrorCode.CheckpointNotFound)
        {
            return null;
        }
    }

    /// <summary>Records that training resumes from a checkpoint of the task, or that there is none.</summary>
    public void Resumed() => refusal = null;

    /// <summary>Refuses a step that the run may not save, without asking the store.</summary>
    /// <exception cref="FishException">See <see cref="RunIdentity.RequireStep"/>.</exception>
    public void Require(long step) => run.RequireStep(step, opened);

    /// <summary>
    /// Asks the store once, on the training thread, whether the model can be saved at all. It does not wait for an unreachable store; the
    /// saver asks again.
    /// </summary>
    /// <exception cref="FishException">As <see cref="OpenAsync"/>.</exception>
    public void Require()
    {
        if (asked && refusal is null)
        {
            return;
        }

        try
        {
            using var end = new CancellationTokenSource(options.RetryFor > TimeSpan.Zero ? options.RetryFor : TimeSpan.FromMilliseconds(1));
            Task.Run(() => OpenAsync(end.Token)).WaitAsync(end.Token).GetAwaiter().GetResult();
            asked = true;
        }
        catch (Exception error) when (error is OperationCanceledException || Transience.Of(error) != Retry.Never)
        {
            asked = true;
            options.OnWarning(
                $"task {name}: the store could not yet check whether the model fits; training continues, and each save asks again: "
                + $"{error.Message}");
        }
    }

    /// <summary>
    /// Finds or creates the task and compares it with the model, once. Repeated or concurrent calls, also of other processes, create one
    /// task.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>: the task does not exist and the options give no start, or the
    /// task that they name does not exist; <see cref="ErrorCode.BaseNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>: the named
    /// start does not exist; <see cref="ErrorCode.TaskTaken"/>: the task has another start; <see cref="ErrorCode.BaseMismatch"/>: the task
    /// has another base; <see cref="ErrorCode.LayoutMismatch"/>: the model differs, and nothing was created;
    /// <see cref="ErrorCode.RunTaken"/>: it has checkpoints of another run.</exception>
    public async Task<OpenedTask> OpenAsync(CancellationToken cancellation = default)
    {
        try
        {
            var task = opened ?? await OpenOnceAsync(cancellation);
            run.RequireOwn(task);
            refusal = null;
            return task;
        }
        catch (FishException error) when (Transience.Of(error) == Retry.Never)
        {
            refusal = error;
            throw;
        }
    }

    /// <summary>As <see cref="OpenAsync"/>, for a resume: checkpoints of another run are allowed.</summary>
    public async Task<OpenedTask> OpenToResumeAsync(CancellationToken cancellation) => opened ?? await OpenOnceAsync(cancellation);

    public void Dispose() => gate.Dispose();

    private async Task<OpenedTask> OpenOnceAsync(CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation);
        try
        {
            return opened ??= await FindAsync(cancellation) ?? await MakeAsync(cancellation);
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<OpenedTask?> FindAsync(CancellationToken cancellation)
    {
        TaskInfo info;
        try
        {
            info = await store.Tasks.GetAsync(name, cancellation);
        }
        catch (FishException error) when (error.Code == ErrorCode.TaskNotFound && (options.From is not null || options.Base is not null))
        {
            return null;
        }

        await CheckAsync(info, cancellation);
        await using var start = await store.States.OpenBranchPointAsync(name, cancellation);
        return await OpenedAsync(info, start.Layout, cancellation);
    }

    private async Task CheckAsync(TaskInfo info, CancellationToken cancellation)
    {
        if (options.From is not null && info.BranchPoint != options.From)
        {
            throw new FishException(
                ErrorCode.TaskTaken, name,
                $"The task exists and starts from {info.BranchPoint?.ToString() ?? "its base"}; this run must start from {options.From}.",
                "Train to another task, or leave out the option From to continue this one.");
        }

        if ((options.ExpectedBase ?? await BaseAsync(cancellation)) is { } expected && expected != info.BaseId)
        {
            throw new FishException(
                ErrorCode.BaseMismatch, name, $"The trainer started from the base {expected}; the task is bound to {info.BaseId}.",
                "Train to a task on the same base, or to another task.");
        }
    }

    private async Task<Digest?> BaseAsync(CancellationToken cancellation) =>
        options.Base is null ? null : (await store.Bases.GetAsync(options.Base, cancellation)).Id;

    // The model is compared before the task is created: an unfit task would block the next attempt.
    private async Task<OpenedTask> MakeAsync(CancellationToken cancellation)
    {
        Dictionary<string, OwnTensor?>? own = null;
        if (options.From is { } from)
        {
            await using var origin = await store.States.OpenAsync(from.Task, StepRef.At(from.Step), cancellation);
            LayoutFit.Of(model, origin.Layout, name, isNew: false);
        }
        else
        {
            await using var @base = await store.Bases.OpenAsync(options.Base!, cancellation);
            own = LayoutFit.OwnTensors(model, @base.Layout, options);
            LayoutFit.Of(model, LayoutFit.With(@base.Layout, own), name, isNew: true);
        }

        var spec = new TaskSpec(
            options.Base ?? options.ExpectedBase?.ToString(), Retention: options.Retention, Tensors: own is { Count: > 0 } ? own : null,
            BranchPoint: options.From);
        var made = (await store.Tasks.PutAsync(name, spec, cancellation)).Value;
        await CheckAsync(made, cancellation);
        await using var start = await store.States.OpenBranchPointAsync(name, cancellation);
        return await OpenedAsync(made, start.Layout, cancellation);
    }

    private async Task<OpenedTask> OpenedAsync(TaskInfo info, Layout layout, CancellationToken cancellation)
    {
        var fit = LayoutFit.Of(model, layout, name, isNew: false);
        return new OpenedTask(info, fit, (await NewestAsync(store.Checkpoints, name, cancellation))?.Step);
    }
}

/// <summary>A task that the model can be saved to.</summary>
/// <param name="Info">The task.</param>
/// <param name="Fit">The mapping of the model's tensors to the task's.</param>
/// <param name="Latest">The last step before this run; <see langword="null"/> for none.</param>
internal sealed record OpenedTask(TaskInfo Info, LayoutFit Fit, long? Latest);
