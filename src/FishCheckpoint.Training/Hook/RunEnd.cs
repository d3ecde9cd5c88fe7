using System.Runtime.ExceptionServices;

namespace FishCheckpoint.Training;

/// <summary>Ends a run: saves its last step, waits for pending saves, and stops on a signal. Used on the training thread only.</summary>
internal sealed class RunEnd(StepCopier copier, BackgroundSaver saver, HookTask opening, CheckpointHookOptions options) : IAsyncDisposable
{
    private readonly StopSignals? signals = options.SaveOnStop ? new StopSignals() : null;

    /// <summary>Whether a signal asked the run to stop.</summary>
    public bool IsAsked => signals is { Signal: > 0 };

    /// <summary>Saves the last step, waits until everything is stored, and exits if the options require it.</summary>
    public StepOutcome Stop()
    {
        SaveLast();
        saver.DrainAsync().GetAwaiter().GetResult();
        Exit(signals!.Signal);
        return StepOutcome.Stopped;
    }

    /// <summary>Saves the last step if it is not saved yet, and waits until everything is stored.</summary>
    /// <param name="cancellation">Cancels the wait, not the saves.</param>
    /// <exception cref="AggregateException">Several saves failed.</exception>
    /// <exception cref="Exception">One save failed: its error.</exception>
    public async Task CompleteAsync(CancellationToken cancellation)
    {
        if (options.SaveAtEnd && !saver.Completed)
        {
            SaveLast();
        }

        await saver.DrainAsync().WaitAsync(cancellation);
        var asked = signals?.Signal ?? 0;
        signals?.Dispose();
        Exit(asked);
        if (options.ThrowOnComplete)
        {
            ThrowFailures(saver.Failures, saver.Summary.Failed);
        }
    }

    /// <summary>As <see cref="CompleteAsync"/>, if the options save an interrupted run; never throws.</summary>
    public async ValueTask DisposeAsync()
    {
        // .NET does not reveal whether an exception is being thrown, so an uncompleted hook counts as interrupted.
        if (options.SaveOnError && options.SaveAtEnd && !saver.Completed && opening.Refusal is null)
        {
            try
            {
                SaveLast();
            }
            catch (Exception error)
            {
                options.OnWarning($"step {copier.Unsaved} is not saved: {error.Message}");
            }
        }

        await saver.DisposeAsync();
        signals?.Dispose();
    }

    private void SaveLast()
    {
        if (copier.Unsaved is { } step)
        {
            opening.Require(step);
            saver.BeginToEnd();
            copier.CopyLast(wait: true, patient: true);
        }
    }

    private void Exit(int signal)
    {
        if (signal > 0 && options.ExitOnStop)
        {
            Environment.Exit(128 + signal);
        }
    }

    private static void ThrowFailures(IReadOnlyList<Exception> failures, int failed)
    {
        if (failures.Count > 1)
        {
            throw new AggregateException($"{Math.Max(failures.Count, failed)} saves failed.", failures);
        }

        if (failures.Count == 1)
        {
            ExceptionDispatchInfo.Throw(failures[0]);
        }
    }
}
