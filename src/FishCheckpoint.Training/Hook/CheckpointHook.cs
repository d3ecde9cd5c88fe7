using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Training;

/// <summary>
/// Saves a training run while it runs: each due step's masked values are copied on the training thread, and stored in the background. The
/// stall is proportional to the mask, not to the model.
/// </summary>
/// <remarks>
/// <code>
/// await using var hook = new CheckpointHook(store, "my-task", mask, model);
/// hook.OnStep(step); // after each optimizer step
/// await hook.CompleteAsync(); // when training is over
/// </code>
/// <see cref="OnStep"/>, <see cref="SaveAsync"/>, <see cref="SetMask"/>, <see cref="ResumeAsync"/> and <see cref="CompleteAsync"/> are
/// called from the thread that changes the parameters, one at a time; the rest from anywhere. A failed save is reported, and thrown by
/// <see cref="CompleteAsync"/>. A store that is out of reach is tried again, and meanwhile the newest due step waits: what skipped ones
/// would have saved, the next one saves. <see cref="OnStep"/> throws where saving has no prospect: the model is not the task's, the task
/// has the checkpoints of another run, a step is taken by other content, or three saves in a row were refused.
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

    /// <summary>Begins to watch a training run.</summary>
    /// <param name="store">Where checkpoints go: an embedded store, or a client of a server. Not disposed.</param>
    /// <param name="task">The task that they are of; it exists in the store, or is made with
    /// <see cref="CheckpointHookOptions.From"/>.</param>
    /// <param name="mask">The positions that training changes, on the task's layout.</param>
    /// <param name="model">The tensors that are trained. Not owned.</param>
    /// <param name="options">Cadence and the rest; <see langword="null"/> for the defaults.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>; <see cref="ErrorCode.LayoutMismatch"/>: the mask is of another
    /// layout than the model;
    /// <see cref="ErrorCode.FileNotFound"/>, <see cref="ErrorCode.FileUnreadable"/>: a side file.</exception>
    /// <exception cref="ArgumentException">An option is out of its range, or does not fit another one.</exception>
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

    /// <summary>Begins to watch a training run whose tensors lie in this process' memory.</summary>
    /// <inheritdoc cref="CheckpointHook(IFishStore, string, Mask, ITrainingModel, CheckpointHookOptions)"/>
    /// <param name="store">Where checkpoints go. Not disposed.</param>
    /// <param name="task">The task that they are of; it exists in the store, or is made with
    /// <see cref="CheckpointHookOptions.From"/>.</param>
    /// <param name="mask">The positions that training changes, on the task's layout.</param>
    /// <param name="parameters">Where the bytes of a tensor of that layout lie.</param>
    /// <param name="options">Cadence and the rest; <see langword="null"/> for the defaults.</param>
    public CheckpointHook(IFishStore store, string task, Mask mask, TensorMemory parameters, CheckpointHookOptions? options = null)
        : this(store, task, mask, new HostModel(mask.Layout, parameters), options)
    {
    }

    /// <summary>The positions that training changes now.</summary>
    public Mask Mask => lineage.Mask;

    /// <summary>
    /// The id of the run, which its checkpoints have under the metadata key <c>run</c>: a random one, or that of the run that was resumed.
    /// </summary>
    public string Run => identity.Id;

    /// <summary>The reports of the last 1,000 saves that are done, in the order in which they were done; a snapshot.</summary>
    public IReadOnlyList<SaveReport> Reports => saver.Reports;

    /// <summary>What the saves did and cost together, so far.</summary>
    public SaveSummary Summary => saver.Summary;

    /// <summary>Takes note of a finished optimizer step, and saves it when it is due.</summary>
    /// <param name="step">The step; not negative.</param>
    /// <param name="metrics">Numbers to keep with the checkpoint, such as the loss. Copied.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.StepInvalid"/>: the step is negative; <see cref="ErrorCode.MaskLeak"/>: with
    /// <see cref="LeakPolicy.Fail"/>. Nothing can be saved: <see cref="ErrorCode.LayoutMismatch"/>: the model differs from the task, with
    /// every difference; <see cref="ErrorCode.RunTaken"/>: the task has the checkpoints of another run; <see cref="ErrorCode.StepTaken"/>,
    /// <see cref="ErrorCode.StateTaken"/>: an earlier save met other content; <see cref="ErrorCode.TaskNotFound"/>,
    /// <see cref="ErrorCode.BaseMismatch"/>, <see cref="ErrorCode.TaskTaken"/>: see <see cref="CheckpointHookOptions.From"/> and
    /// <see cref="CheckpointHookOptions.Base"/>; or the first of three refusals in a row.</exception>
    /// <exception cref="InvalidOperationException">Three saves in a row failed, the first in a way that is not the store's.</exception>
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

    /// <summary>Saves the last step given to <see cref="OnStep"/> outside of the cadence, and waits until it is stored.</summary>
    /// <param name="force">Waits for room when the saver is busy, even where the policy is to skip; for the end of a run, or before a risky
    /// step.</param>
    /// <param name="metrics">Numbers to keep with the checkpoint; not those of a step that the cadence has saved already.</param>
    /// <param name="cancellation">Ends the waiting, not the save.</param>
    /// <returns>Its report, of a failure too; <see langword="null"/> when it was skipped, when there was no step yet, or, with a warning,
    /// when the store has been out of reach for <see cref="CheckpointHookOptions.RetryFor"/>: the save is then still tried, and
    /// <see cref="Reports"/> will tell.</returns>
    /// <remarks>The values are copied before this returns its task. A step that is saved already is not saved again: its report is
    /// given.</remarks>
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
    /// Training goes on with another mask. The last step is saved first if it is not yet, so that later saves stay as sparse as the new
    /// mask.
    /// </summary>
    /// <param name="mask">The mask, on the same layout. <see cref="CheckpointHookOptions.OnMaskChanged"/> is told.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>: it is of another layout.</exception>
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
    /// Puts the model, and the parts of <see cref="CheckpointHookOptions.State"/>, back to the newest sound checkpoint: training then goes
    /// on bit for bit as if it had never ended. For each damaged one there is a warning.
    /// </summary>
    /// <param name="from">The newest checkpoint to try. Default: the newest of the run that saved last; a warning names a newer one of
    /// another run.</param>
    /// <param name="cancellation">Ends the reading; the model then holds parts of several states.</param>
    /// <returns>Where training goes on; <see langword="null"/> when the task has no checkpoint yet: training begins, with the model as it
    /// is or, where the task starts from another one's checkpoint, with the model's values put to that one.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptCheckpoint"/>: no checkpoint is sound;
    /// <see cref="ErrorCode.CheckpointNotFound"/>: the one asked for is not there; <see cref="ErrorCode.TaskTaken"/>: the task starts from
    /// something else than <see cref="CheckpointHookOptions.From"/>; <see cref="ErrorCode.BaseMismatch"/>,
    /// <see cref="ErrorCode.LayoutMismatch"/>; <see cref="ErrorCode.StateMismatch"/>: the state is of another optimizer, mask or part;
    /// nothing was changed then. <see cref="ErrorCode.ServerUnavailable"/>: the store stayed out of reach for
    /// <see cref="CheckpointHookOptions.RetryFor"/>; a warning says at once that it is waited for.</exception>
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
            resumer.Warn("the checkpoint carries no trainer state: the model is restored, but optimizer and the rest begin anew");
        }

        cadence.Saved();
        RecomputeMask();
        return new Resumption(checkpoint, complete, resumer.Warnings);
    }

    /// <summary>
    /// Saves the last step if it is not saved yet (<see cref="CheckpointHookOptions.SaveAtEnd"/>), and waits until everything is stored. No
    /// step is taken from here on.
    /// </summary>
    /// <param name="cancellation">Ends the waiting, not the saves.</param>
    /// <exception cref="AggregateException">Several saves failed.</exception>
    /// <exception cref="Exception">One save failed: what it threw. Neither with <see cref="CheckpointHookOptions.ThrowOnComplete"/>
    /// off.</exception>
    public async Task<SaveSummary> CompleteAsync(CancellationToken cancellation = default)
    {
        await end.CompleteAsync(cancellation);
        return Summary;
    }

    /// <summary>
    /// Waits until everything that is queued is stored, and saves nothing more. A hook that was not completed, as one whose <c>using</c> an
    /// exception leaves, saves the last step first (<see cref="CheckpointHookOptions.SaveOnError"/>). Never throws what failed;
    /// <see cref="Reports"/> and a warning tell.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await end.DisposeAsync();
        opening.Dispose();
    }

    // Training does not wait for a store that is out of reach.
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
            $"step {step} is not stored yet, for the store has been out of reach for {options.RetryFor.TotalSeconds} s; it is not waited "
                + "for any "
            + "longer, and still tried");
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
