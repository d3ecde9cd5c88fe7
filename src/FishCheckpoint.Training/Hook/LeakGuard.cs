using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Training;

/// <summary>Decides when a leak check is due, and handles its result. Used on the training thread only.</summary>
internal sealed class LeakGuard(IStates states, string task, ITrainingModel model, HookTask opening, CheckpointHookOptions options)
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    private readonly LeakCheck check = new(states, task, model, opening, options.RetryFor);
    private bool due = true;
    private bool warned;

    /// <summary>Checks the model if a check is due.</summary>
    /// <param name="step">The step that is about to be copied.</param>
    /// <param name="saves">The number of earlier copies.</param>
    /// <param name="lineage">The positions of the copy; widened if the policy is to include leaks.</param>
    /// <param name="saver">Saves the state to compare with.</param>
    /// <returns>The result; <see langword="null"/> if there was no check.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.MaskLeak"/>: with <see cref="LeakPolicy.Fail"/>.</exception>
    public LeakReport? Check(long step, int saves, Lineage lineage, BackgroundSaver saver)
    {
        due |= options.LeakCheckEverySaves > 0 && saves % options.LeakCheckEverySaves == 0;
        if (!due || saver.Retrying || !IsStored(lineage.Anchor.Pending, saver))
        {
            return null;
        }

        var start = options.Clock.GetTimestamp();
        try
        {
            var (leaks, positions) = check.Run(lineage.Anchor.Step, lineage.Saved);
            var report = new LeakReport(step, leaks, options.Clock.GetElapsedTime(start));
            if (leaks.Count > 0)
            {
                Act(report);
                if (options.OnLeak == LeakPolicy.Widen)
                {
                    lineage.Widen(positions);
                }
            }

            due = false;
            return report;
        }
        catch (Exception error) when (error is OperationCanceledException or FishException { Code: not ErrorCode.MaskLeak })
        {
            if (!warned)
            {
                warned = true;
                options.OnWarning($"step {step} could not be checked for leaks; the next saves will be: {error.Message}");
            }

            return null;
        }
    }

    // The state to compare with may not be stored yet. Training does not wait for an unreachable or silent store.
    private static bool IsStored(PendingSave? anchor, BackgroundSaver saver)
    {
        while (anchor is not null && !anchor.Done.Task.IsCompleted && !saver.Retrying && !saver.IsLate)
        {
            anchor.Done.Task.Wait(Glance);
        }

        return anchor?.Stored ?? true;
    }

    private void Act(LeakReport report)
    {
        if (options.OnLeak == LeakPolicy.Fail)
        {
            throw new FishException(
                ErrorCode.MaskLeak, $"{task}/{report.Step}", report.ToString(),
                "Let the optimizer change only masked positions (weight decay and momentum bypass masked gradients), name buffers, or "
                    + "widen the mask.");
        }

        options.OnWarning(report.ToString());
    }
}
