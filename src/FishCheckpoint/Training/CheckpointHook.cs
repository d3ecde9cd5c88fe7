using System.Runtime.ExceptionServices;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Training;

/// <summary>
/// Saves a training run while it runs: each due step's masked values are copied on the caller's thread, and stored in the background. The stall is
/// proportional to the mask, not to the model.
/// </summary>
/// <remarks>
/// <code>
/// await using var hook = new CheckpointHook(store, "my-task", mask, tensor => bytesOf[tensor].Span);
/// hook.OnStep(step); // after each optimizer step
/// </code>
/// <see cref="OnStep"/> and <see cref="SaveAsync"/> are called from the thread that changes the parameters, one at a time; the rest from anywhere.
/// A failed save never throws into the training loop: it is reported, and thrown by <see cref="CompleteAsync"/>.
/// </remarks>
public sealed class CheckpointHook : IAsyncDisposable
{
    private readonly CheckpointHookOptions options;
    private readonly Mask mask;
    private readonly TensorBytes parameters;
    private readonly BackgroundSaver saver;
    private long? lastStep;

    /// <summary>Begins to watch a training run.</summary>
    /// <param name="store">Where checkpoints go. Not disposed.</param>
    /// <param name="task">The task that they are of; it exists in the store.</param>
    /// <param name="mask">The positions that training changes, on the task's layout. What changes outside of it is not saved.</param>
    /// <param name="parameters">The current bytes of each tensor by its index in the mask's layout; asked on the caller's thread only.</param>
    /// <param name="options">Cadence and the rest; <see langword="null"/> for the defaults.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public CheckpointHook(ICheckpointStore store, string task, Mask mask, TensorBytes parameters, CheckpointHookOptions? options = null)
    {
        (this.mask, this.parameters) = (mask, parameters);
        this.options = (options ?? new CheckpointHookOptions()).Checked();
        saver = new BackgroundSaver(store, Names.Check(task, "task"), this.options);
    }

    /// <summary>The reports of all saves that are done, in the order in which they were done; a snapshot.</summary>
    public IReadOnlyList<SaveReport> Reports => saver.Reports;

    /// <summary>What the saves did and cost together, so far.</summary>
    public SaveSummary Summary => saver.Summary;

    /// <summary>Takes note of a finished optimizer step, and saves it when it is due.</summary>
    /// <param name="step">The step; not negative.</param>
    /// <param name="metrics">Numbers to keep with the checkpoint, such as the loss. Copied.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.StepInvalid"/>: the step is negative.</exception>
    /// <exception cref="ObjectDisposedException">The hook is completed.</exception>
    public StepOutcome OnStep(long step, IReadOnlyDictionary<string, double>? metrics = null)
    {
        saver.ThrowIfCompleted();
        lastStep = StepRef.At(step).Step;
        return options.SaveEverySteps == 0 || step % options.SaveEverySteps != 0
            ? StepOutcome.NotDue
            : Copy(step, metrics, wait: options.Busy == BusyPolicy.Wait).Outcome;
    }

    /// <summary>Saves the last step given to <see cref="OnStep"/> outside of the cadence, and waits until it is stored.</summary>
    /// <param name="force">Waits for room when the saver is busy, even where the policy is to skip; for the end of a run, or before a risky step.</param>
    /// <param name="metrics">Numbers to keep with the checkpoint. A step that the cadence has saved already has to have the same ones.</param>
    /// <param name="cancellation">Ends the waiting, not the save.</param>
    /// <returns>Its report, of a failure too; <see langword="null"/> when it was skipped, or when there was no step yet.</returns>
    /// <remarks>The values are copied before this returns its task. Saving a step again that is stored already is harmless.</remarks>
    /// <exception cref="ObjectDisposedException">The hook is completed.</exception>
    public async Task<SaveReport?> SaveAsync(
        bool force = false, IReadOnlyDictionary<string, double>? metrics = null, CancellationToken cancellation = default)
    {
        saver.ThrowIfCompleted();
        return lastStep is { } step && Copy(step, metrics, force || options.Busy == BusyPolicy.Wait).Report is { } report
            ? await report.WaitAsync(cancellation)
            : null;
    }

    /// <summary>Waits until everything is stored. No step is taken from here on.</summary>
    /// <param name="cancellation">Ends the waiting, not the saves.</param>
    /// <exception cref="AggregateException">Several saves failed.</exception>
    /// <exception cref="Exception">One save failed: what it threw. Neither with <see cref="CheckpointHookOptions.ThrowOnComplete"/> off.</exception>
    public async Task<SaveSummary> CompleteAsync(CancellationToken cancellation = default)
    {
        await saver.DrainAsync().WaitAsync(cancellation);
        if (options.ThrowOnComplete)
        {
            ThrowFailures(saver.Failures);
        }

        return Summary;
    }

    /// <summary>Waits until everything is stored. Does not throw what failed; <see cref="Reports"/> and <see cref="CompleteAsync"/> tell.</summary>
    public async ValueTask DisposeAsync() => await saver.DisposeAsync();

    private (StepOutcome Outcome, Task<SaveReport>? Report) Copy(long step, IReadOnlyDictionary<string, double>? metrics, bool wait)
    {
        var start = options.Clock.GetTimestamp();
        if (!saver.TryReserve(wait))
        {
            return (StepOutcome.Skipped, null);
        }

        Delta? delta = null;
        Exception? failure = null;
        try
        {
            delta = MaskedState.Gather(mask, parameters);
        }
        catch (Exception error)
        {
            failure = error;
        }

        var copied = metrics is null ? null : new Dictionary<string, double>(metrics, StringComparer.Ordinal);
        var report = saver.Enqueue(new PendingSave(step, delta, copied, options.Clock.GetElapsedTime(start), failure));
        return (failure is null ? StepOutcome.Queued : StepOutcome.Failed, report);
    }

    private static void ThrowFailures(IReadOnlyList<Exception> failures)
    {
        if (failures.Count > 1)
        {
            throw new AggregateException($"{failures.Count} saves failed.", failures);
        }

        if (failures.Count == 1)
        {
            ExceptionDispatchInfo.Throw(failures[0]);
        }
    }
}
