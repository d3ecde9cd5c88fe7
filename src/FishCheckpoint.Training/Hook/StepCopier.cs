using FishCheckpoint.Errors;

namespace FishCheckpoint.Training;

/// <summary>Copies the values of a step, and gives the copy to the background saver. Used on the training thread only.</summary>
internal sealed class StepCopier(
    RunState run, Lineage lineage, LeakGuard leakGuard, StepMetrics metrics, Cadence cadence, BackgroundSaver saver,
    CheckpointHookOptions options)
{
    private IReadOnlyDictionary<string, double>? lastMetrics;
    private int saves;

    /// <summary>The last step, if it is not copied yet.</summary>
    public long? Unsaved { get; private set; }

    /// <summary>The last copy.</summary>
    public PendingSave? Last { get; private set; }

    /// <summary>The number of copies since the mask changed.</summary>
    public int SavesSinceMask { get; set; }

    /// <summary>Records a finished step.</summary>
    public void Note(long step, IReadOnlyDictionary<string, double>? given)
    {
        Unsaved = step;
        lastMetrics = given is null ? null : new Dictionary<string, double>(given, StringComparer.Ordinal);
    }

    /// <summary>Training resumes from a checkpoint: forgets earlier copies.</summary>
    public void Resumed(int savesSinceMask) => (Unsaved, Last, SavesSinceMask) = (null, null, savesSinceMask);

    /// <summary>Copies the last step if there is a slot for it.</summary>
    /// <param name="wait">Waits for a slot, but not for an unreachable store.</param>
    /// <param name="patient">Also waits for an unreachable store.</param>
    /// <param name="keep">Whether later copies may not replace it while it waits.</param>
    /// <param name="given">Its metrics, in place of the recorded ones.</param>
    /// <returns>The outcome, and the pending save; no save if the step was skipped.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.MaskLeak"/>: with <see cref="LeakPolicy.Fail"/>.</exception>
    public (StepOutcome Outcome, Task<SaveReport>? Report) CopyLast(
        bool wait, bool patient = false, bool keep = false, IReadOnlyDictionary<string, double>? given = null)
    {
        var step = Unsaved!.Value;
        given ??= lastMetrics;
        var start = options.Clock.GetTimestamp();
        var (kept, isBest) = (metrics.Copy(step, given), metrics.IsBest(given));
        if (!saver.TryReserve(wait, patient, isBest, out var replaced))
        {
            return (StepOutcome.Skipped, null);
        }

        var save = Take(step, kept, start, replaced, isBest, mayBeLeftOut: !keep && !patient);
        if (save.CopyError is null)
        {
            (Last, Unsaved) = (save, null);
            (saves, SavesSinceMask) = (saves + 1, SavesSinceMask + 1);
            cadence.Saved();
        }

        return (save.CopyError is null ? StepOutcome.Queued : StepOutcome.Failed, saver.Enqueue(save));
    }

    private PendingSave Take(
        long step, IReadOnlyDictionary<string, double>? copied, long start, PendingSave? replaced, bool isBest, bool mayBeLeftOut)
    {
        try
        {
            var leak = leakGuard.Check(step, saves, lineage, saver);
            var (delta, state) = (run.Gather(lineage.Saved), run.Capture(lineage.Mask, SavesSinceMask + 1));
            return new PendingSave
            {
                Step = step, Delta = delta, State = state, Metrics = copied, Anchor = lineage.Anchor, Leak = leak,
                Stall = options.Clock.GetElapsedTime(start), IsBest = isBest, MayBeLeftOut = mayBeLeftOut,
            };
        }
        catch (FishException error) when (error.Code == ErrorCode.MaskLeak)
        {
            saver.Release(replaced);
            throw;
        }
        catch (Exception error)
        {
            saver.Restore(replaced);
            return new PendingSave { Step = step, Metrics = copied, Stall = options.Clock.GetElapsedTime(start), CopyError = error };
        }
    }
}
