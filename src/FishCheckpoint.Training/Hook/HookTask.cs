using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>
/// The task of a hook: made where the options say what it starts from and it is not there yet, and refused where it starts from something
/// else, has other tensors than the model, or has the checkpoints of another run. Safe for use by the training thread and the saver at
/// once.
/// </summary>
internal sealed class HookTask(
    IFishStore store, string name, Layout model, RunIdentity run, CheckpointHookOptions options) : IDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private volatile OpenedTask? opened;
    private volatile FishException? refusal;
    private bool asked;

    /// <summary>Why nothing can be saved to the task; <see langword="null"/> as long as that is not known.</summary>
    public FishException? Refusal => refusal;

    /// <summary>The task's checkpoint of the highest step; <see langword="null"/> for none.</summary>
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

    /// <summary>Training goes on from a checkpoint of the task, or was told that there is none.</summary>
    public void Resumed() => refusal = null;

    /// <summary>Refuses a step that the run may not save, by what is known of the task; asks nobody.</summary>
    /// <exception cref="FishException">See <see cref="RunIdentity.RequireStep"/>.</exception>
    public void Require(long step) => run.RequireStep(step, opened);

    /// <summary>Asks the store, on the training thread, whether the model can be saved at all. Once, as long as nothing speaks
    /// against it. One that is out of reach is not waited for: the saver asks it.</summary>
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
                $"task {name}: the store cannot say yet whether the model fits; training goes on, and it is asked again with each save: "
                + $"{error.Message}");
        }
    }

    /// <summary>The task, found and compared once. The same again, or from another process at the same time, makes one task.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>: there is no such task and the options do not say what it is to
    /// start from, or the task that they name is not there; <see cref="ErrorCode.BaseNotFound"/>,
    /// <see cref="ErrorCode.CheckpointNotFound"/>: what they name is not there; <see cref="ErrorCode.TaskTaken"/>: the task starts from
    /// something else; <see cref="ErrorCode.BaseMismatch"/>: it is of another base than the one expected;
    /// <see cref="ErrorCode.LayoutMismatch"/>: the model is another one, and nothing was made; <see cref="ErrorCode.RunTaken"/>: it has
    /// checkpoints of another run.</exception>
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

    /// <summary>As <see cref="OpenAsync"/>, to resume: checkpoints of another run are what is asked for.</summary>
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
                $"The task exists and starts from {info.BranchPoint?.ToString() ?? "its base"}; this run is to start from {options.From}.",
                "Train to a task of another name, or leave the option From out to go on with this one.");
        }

        if ((options.ExpectedBase ?? await BaseAsync(cancellation)) is { } expected && expected != info.BaseId)
        {
            throw new FishException(
                ErrorCode.BaseMismatch, name, $"The trainer started from the base {expected}; the task is bound to {info.BaseId}.",
                "Train to the task of the same base, or to one of another name.");
        }
    }

    private async Task<Digest?> BaseAsync(CancellationToken cancellation) =>
        options.Base is null ? null : (await store.Bases.GetAsync(options.Base, cancellation)).Id;

    // The model is compared before the task is made: one that nothing fits would be in the way of the next try.
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

/// <summary>A task that a model can be saved to.</summary>
/// <param name="Info">The task.</param>
/// <param name="Fit">How the model's tensors stand in it.</param>
/// <param name="Latest">The last step that it had before this run; <see langword="null"/> for none.</param>
internal sealed record OpenedTask(TaskInfo Info, LayoutFit Fit, long? Latest);
