using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Training;

/// <summary>
/// Saves a training run while it runs. The training thread copies the masked values of each due step, and a background task stores them.
/// The stall is proportional to the mask, not to the model.
/// </summary>
/// <remarks>
/// <code> await using var hook = new CheckpointHook(store, "my-task", mask, model); hook.OnStep(step); // after each optimizer step await
/// hook.CompleteAsync(); // when training is over </code> <see cref="OnStep"/>, <see cref="SaveAsync"/>, <see cref="SetMask"/>,
/// <see cref="ResumeAsync"/> and <see cref="CompleteAsync"/> are called from the thread that changes the parameters, one at a time; the
/// rest from anywhere. A failed save is reported, and <see cref="CompleteAsync"/> throws it. An unreachable store is retried while the
/// newest due step waits; that step's save includes the changes of skipped ones. <see cref="OnStep"/> throws if saving cannot succeed: the
/// model does not fit the task, the task has checkpoints of another run, a step has other content, or three saves in a row failed.
/// </remarks>
public sealed class CheckpointHook : IAsyncDisposable
{
    private readonly CheckpointHookOptions options;
    private readonly IFishStore store;
    private readonly string task;
    private readonly ITrainingModel model;
    private readonly RunIdentity identity;
    private readonly RunState run;
    private readonly Lineage lineage;
    private readonly Cadence cadence;
    private readonly BackgroundSaver saver;
    private readonly HookTask opening;
    private readonly StepCopier copier;
    private readonly RunEnd end;

    /// <summary>Starts saving a training run.</summary>
    /// <param name="store">The store for checkpoints: an embedded store or a client for a server. Not disposed.</param>
    /// <param name="task">The checkpoints' task; it exists in the store, or the hook creates it by <see cref="CheckpointHookOptions.From"/>
    /// or <see cref="CheckpointHookOptions.Base"/>.</param>
    /// <param name="mask">The positions that training changes, on the task's layout.</param>
    /// <param name="model">The trained tensors. Not owned.</param>
    /// <param name="options">Cadence and other options; <see langword="null"/> for the defaults.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>; <see cref="ErrorCode.LayoutMismatch"/>: the mask and the model
    /// have different layouts; <see cref="ErrorCode.FileNotFound"/>, <see cref="ErrorCode.FileUnreadable"/>: a side file cannot be
    /// read.</exception>
    /// <exception cref="ArgumentException">An option is out of range or conflicts with another one.</exception>
    public CheckpointHook(IFishStore store, string task, Mask mask, ITrainingModel model, CheckpointHookOptions? options = null)
    {
        (this.store, this.model) = (store, model);
        this.options = (options ?? new CheckpointHookOptions()).Validate();
        this.task = Names.Check(task, "task");
        RequireLayout(mask);
        run = new RunState(model, this.options, mask);
        lineage = new Lineage(mask, tensor => this.options.Buffers(tensor) || this.options.IsOwn(tensor));
        cadence = new Cadence(this.options);
        identity = new RunIdentity(store.Checkpoints, task, this.options);
        opening = new HookTask(store, task, model.Layout, identity, this.options);
        saver = new BackgroundSaver(store, task, identity, opening, this.options);
        var leakGuard = new LeakGuard(store.States, task, model, opening, this.options);
        copier = new StepCopier(run, lineage, leakGuard, new StepMetrics(this.options, identity.Metadata), cadence, saver, this.options);
        end = new RunEnd(copier, saver, opening, this.options);
    }

    /// <summary>Starts saving a training run whose tensors are in this process's memory.</summary>
    /// <inheritdoc cref="CheckpointHook(IFishStore, string, Mask, ITrainingModel, CheckpointHookOptions)"/>
    /// <param name="store">The store for checkpoints. Not disposed.</param>
    /// <param name="task">The checkpoints' task; it exists in the store, or the hook creates it by <see cref="CheckpointHookOptions.From"/>
    /// or <see cref="CheckpointHookOptions.Base"/>.</param>
    /// <param name="mask">The positions that training changes, on the task's layout.</param>
    /// <param name="parameters">Returns the bytes of a tensor of that layout.</param>
    /// <param name="options">Cadence and other options; <see langword="null"/> for the defaults.</param>
    public CheckpointHook(IFishStore store, string task, Mask mask, TensorMemory parameters, CheckpointHookOptions? options = null)
        : this(store, task, mask, new HostModel(mask.Layout, parameters), options)
    {
    }

    /// <summary>The positions that training changes now.</summary>
    public Mask Mask => lineage.Mask;

    /// <summary>The id of the run, stored as metadata <c>run</c> of its checkpoints: random, or the id of the resumed run.</summary>
    public string Run => identity.Id;

    /// <summary>A snapshot of the reports of the last 1,000 completed saves, in order of completion.</summary>
    public IReadOnlyList<SaveReport> Reports => saver.Reports;

    /// <summary>Totals of all saves so far.</summary>
    public SaveSummary Summary => saver.Summary;

    /// <summary>Records a finished optimizer step, and saves it if it is due.</summary>
    /// <param name="step">The step; not negative.</param>
    /// <param name="metrics">Numbers to store with the checkpoint, such as the loss. Copied.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.StepInvalid"/>: the step is negative; <see cref="ErrorCode.MaskLeak"/>: with
    /// <see cref="LeakPolicy.Fail"/>. Saving cannot succeed: <see cref="ErrorCode.LayoutMismatch"/>: the model differs from the task, with
    /// every difference; <see cref="ErrorCode.RunTaken"/>: the task has the checkpoints of another run; <see cref="ErrorCode.StepTaken"/>,
    /// <see cref="ErrorCode.StateTaken"/>: an earlier step or state has other content; <see cref="ErrorCode.TaskNotFound"/>,
    /// <see cref="ErrorCode.BaseMismatch"/>, <see cref="ErrorCode.TaskTaken"/>: see <see cref="CheckpointHookOptions.From"/> and
    /// <see cref="CheckpointHookOptions.Base"/>; or the first of three failures in a row.</exception>
    /// <exception cref="InvalidOperationException">Three saves in a row failed, and the first failure was not an error of the
    /// store.</exception>
    /// <exception cref="ObjectDisposedException">The hook is completed.</exception>
    public StepOutcome OnStep(long step, IReadOnlyDictionary<string, double>? metrics = null)
    {
        saver.ThrowIfCompleted();
        copier.Note(StepRef.At(step).Step!.Value, metrics);
        if (end.IsAsked)
        {
            return end.Stop();
        }

        opening.Require();
        opening.Require(step);
        saver.ThrowIfRefused();
        if (!cadence.IsDue(step))
        {
            return StepOutcome.NotDue;
        }

        var outcome = copier.CopyLast(options.Busy == BusyPolicy.Wait).Outcome;
        if (outcome == StepOutcome.Queued)
        {
            RecomputeMask();
        }

        return outcome;
    }

    /// <summary>Saves the last step given to <see cref="OnStep"/> regardless of the cadence, and waits until it is stored.</summary>
    /// <param name="force">Waits for a slot even if the policy is to skip; use it at the end of a run or before a risky step.</param>
    /// <param name="metrics">Numbers to store with the checkpoint; ignored for a step that the cadence has already saved.</param>
    /// <param name="cancellation">Cancels the wait, not the save.</param>
    /// <returns>The save's report, also of a failure. <see langword="null"/> if the step was skipped or there is no step yet; also, with a
    /// warning, if the store has been unreachable for <see cref="CheckpointHookOptions.RetryFor"/>: the save is still retried, and
    /// <see cref="Reports"/> shows its result.</returns>
    /// <remarks>
    /// The values are copied before this method returns its task. A saved step is not saved again; its report is returned.
    /// </remarks>
    /// <exception cref="FishException"><see cref="ErrorCode.MaskLeak"/>: with <see cref="LeakPolicy.Fail"/>.</exception>
    /// <exception cref="ObjectDisposedException">The hook is completed.</exception>
    public async Task<SaveReport?> SaveAsync(
        bool force = false, IReadOnlyDictionary<string, double>? metrics = null, CancellationToken cancellation = default)
    {
        saver.ThrowIfCompleted();
        if (copier.Unsaved is { } step)
        {
            opening.Require();
            opening.Require(step);
            var copied = copier.CopyLast(options.Busy == BusyPolicy.Wait, force, keep: true, metrics);
            return copied.Report is null ? null : await StoredAsync(step, copied.Report, cancellation);
        }

        if (copier.Last is not { } last)
        {
            return null;
        }

        saver.Keep(last);
        return await StoredAsync(last.Step, last.Done.Task, cancellation);
    }

    /// <summary>
    /// Continues training with another mask. The last step is saved first if it is not yet, so that later saves stay as sparse as the new
    /// mask.
    /// </summary>
    /// <param name="mask">The mask, on the same layout. <see cref="CheckpointHookOptions.OnMaskChanged"/> is called with it.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>: the layout differs.</exception>
    /// <exception cref="ObjectDisposedException">The hook is completed.</exception>
    public void SetMask(Mask mask)
    {
        saver.ThrowIfCompleted();
        RequireLayout(mask);
        if (copier.Unsaved is not null)
        {
            copier.CopyLast(options.Busy == BusyPolicy.Wait, keep: true);
        }

        var last = copier.Unsaved is null ? copier.Last : null;
        if (last is not null)
        {
            saver.Keep(last);
        }

        lineage.Change(mask, last);
        copier.SavesSinceMask = 0;
        options.OnMaskChanged?.Invoke(mask);
    }

    /// <summary>
    /// Restores the model and the parts of <see cref="CheckpointHookOptions.State"/> from the newest intact checkpoint. Training then
    /// continues bit for bit as if it had never stopped. Each damaged checkpoint gives a warning.
    /// </summary>
    /// <param name="from">The newest checkpoint to try. Default: the newest of the run that saved last; a warning reports a newer
    /// checkpoint of another run.</param>
    /// <param name="cancellation">Cancels the resume; the model then has parts of several states.</param>
    /// <returns>The checkpoint that training continues from; <see langword="null"/> if the task has no checkpoint yet. Training then begins
    /// with the model as it is, or with the values of the checkpoint that the task branches from.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptCheckpoint"/>: no checkpoint is intact;
    /// <see cref="ErrorCode.CheckpointNotFound"/>: the given one does not exist; <see cref="ErrorCode.TaskTaken"/>: the task does not start
    /// from <see cref="CheckpointHookOptions.From"/>; <see cref="ErrorCode.BaseMismatch"/>, <see cref="ErrorCode.LayoutMismatch"/>;
    /// <see cref="ErrorCode.StateMismatch"/>: the trainer state belongs to another optimizer, mask or part; nothing was changed.
    /// <see cref="ErrorCode.ServerUnavailable"/>: the store was unreachable for <see cref="CheckpointHookOptions.RetryFor"/>; a warning
    /// reports the wait when it begins.</exception>
    public async Task<Resumption?> ResumeAsync(StepRef? from = null, CancellationToken cancellation = default)
    {
        saver.ThrowIfCompleted();
        var resumer = new Resumer(store, task, model, opening, options);
        var found = await new ResumeRetry(task, options).RunAsync(() => resumer.RestoreAsync(from, run.Check, cancellation), cancellation);
        identity.Resume(found?.Checkpoint, resumer.Later);
        opening.Resumed();
        saver.Resumed();
        foreach (var step in resumer.Damaged)
        {
            saver.Replace(step);
        }

        if (found is not { } restored)
        {
            return null;
        }

        var (checkpoint, state) = restored;
        var (mask, savesSinceMask) = run.MaskOf(state);
        copier.Resumed(savesSinceMask);
        lineage.Resume(mask, checkpoint, await resumer.IsParentThereAsync(checkpoint, cancellation));
        options.OnMaskChanged?.Invoke(mask);
        var complete = run.Restore(state);
        if (!complete)
        {
            resumer.Warn("the checkpoint has no trainer state: the model is restored, but the optimizer and other parts start fresh");
        }

        cadence.Saved();
        RecomputeMask();
        return new Resumption(checkpoint, complete, resumer.Warnings);
    }

    /// <summary>
    /// Saves the last step if it is not saved yet (<see cref="CheckpointHookOptions.SaveAtEnd"/>), and waits until everything is stored.
    /// The hook accepts no further step.
    /// </summary>
    /// <param name="cancellation">Cancels the wait, not the saves.</param>
    /// <exception cref="AggregateException">Several saves failed.</exception>
    /// <exception cref="Exception">One save failed: its error. Neither is thrown if <see cref="CheckpointHookOptions.ThrowOnComplete"/> is
    /// off.</exception>
    public async Task<SaveSummary> CompleteAsync(CancellationToken cancellation = default)
    {
        await end.CompleteAsync(cancellation);
        return Summary;
    }

    /// <summary>
    /// Waits until all queued saves are stored. If the hook was not completed, because an exception left its <c>using</c>, it first saves
    /// the last step (<see cref="CheckpointHookOptions.SaveOnError"/>). Never throws an error of a save; <see cref="Reports"/> and a
    /// warning report it.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await end.DisposeAsync();
        opening.Dispose();
    }

    // Training does not wait for an unreachable store.
    private async Task<SaveReport?> StoredAsync(long step, Task<SaveReport> report, CancellationToken cancellation)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var first = await Task.WhenAny(report, saver.WhenAwayAsync(done.Token));
        await done.CancelAsync();
        if (first == report)
        {
            return await report;
        }

        cancellation.ThrowIfCancellationRequested();
        options.OnWarning(
            $"step {step} is not stored yet because the store has been unreachable for {options.RetryFor.TotalSeconds} s; "
            + "SaveAsync stops waiting, and the save is still retried");
        return null;
    }

    private void RecomputeMask()
    {
        if (options.RecomputeMaskEverySaves > 0 && copier.SavesSinceMask >= options.RecomputeMaskEverySaves)
        {
            SetMask(options.MaskSource!());
        }
    }

    private void RequireLayout(Mask mask)
    {
        if (mask.Layout.Id != model.Layout.Id)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, task, $"The mask is for the layout {mask.Layout.Id}; the model's is {model.Layout.Id}.",
                "Choose the mask on the model's layout.");
        }
    }
}
