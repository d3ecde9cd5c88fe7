using System.Collections.Concurrent;
using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Training;

/// <summary>Stores copied steps one after another in the background and keeps their reports. An error of a save never leaves it.</summary>
internal sealed class BackgroundSaver : IAsyncDisposable
{
    // After this many failures in a row OnStep throws, because nothing is being saved.
    private const int MaxRefusals = 3;

    // A run may save for months, so the data kept per save is bounded.
    private const int MaxReports = 1000;
    private const int MaxFailures = 100;

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    private readonly ICheckpoints checkpoints;
    private readonly string name;
    private readonly CheckpointHookOptions options;
    private readonly RunIdentity run;
    private readonly HookTask task;
    private readonly RetentionKeeper? keeper;
    private readonly SaveRetry retry;
    private readonly SaveLog log;

    // The queue needs no bound: every copy takes a slot before its values are copied.
    private readonly SaveQueue queue;
    private readonly ConcurrentDictionary<long, bool> replaces = new();
    private readonly Lock gate = new();
    private readonly Queue<SaveReport> reports = [];
    private readonly List<Exception> failures = [];
    private readonly Task loop;
    private SaveSummary summary = new(0, 0, 0, 0, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
    private SaveReport? firstRefused;
    private SaveReport? taken;
    private int refusals;
    private int skipped;
    private volatile bool completed;

    /// <param name="store">The store for checkpoints.</param>
    /// <param name="name">The task's name.</param>
    /// <param name="run">The identity of the run.</param>
    /// <param name="task">The task; the first save opens it.</param>
    /// <param name="options">The hook's options.</param>
    public BackgroundSaver(IFishStore store, string name, RunIdentity run, HookTask task, CheckpointHookOptions options)
    {
        (this.checkpoints, this.name, this.run, this.task, this.options) = (store.Checkpoints, name, run, task, options);
        queue = new SaveQueue(options.QueueCapacity);
        retry = new SaveRetry(options);
        log = new SaveLog(name, options);
        keeper = options.Retention is { } retention ? new RetentionKeeper(store, name, retention, run, options) : null;
        loop = Task.Run(SaveAllAsync);
    }

    public IReadOnlyList<SaveReport> Reports => Locked(() => (SaveReport[])[.. reports]);

    public IReadOnlyList<Exception> Failures => Locked(() => (Exception[])[.. failures]);

    public SaveSummary Summary => Locked(() => summary with { Skipped = skipped });

    /// <summary>Whether the saver accepts no more copies.</summary>
    public bool Completed => completed;

    /// <summary>Whether a save is waiting for an unreachable store.</summary>
    public bool Retrying => retry.Trying;

    /// <summary>Whether the store has been unreachable for longer than callers wait for it.</summary>
    public bool IsLate => retry.IsLate;

    /// <summary>Completes when the store has been unreachable for as long as callers wait for it.</summary>
    public Task WhenAwayAsync(CancellationToken cancellation) => retry.WhenAwayAsync(cancellation);

    /// <summary>Records that training resumes from a checkpoint, so that failures of another run no longer count.</summary>
    public void Resumed() => Locked(() => taken = null);

    public void ThrowIfCompleted() => ObjectDisposedException.ThrowIf(completed, typeof(CheckpointHook));

    /// <summary>Throws on the training thread if saving cannot succeed.</summary>
    /// <exception cref="FishException">Another run saved the step with other content, or three saves in a row failed: the code of the
    /// first.</exception>
    /// <exception cref="InvalidOperationException">As above, if the first failure was not an error of the store.</exception>
    public void ThrowIfRefused()
    {
        var (step, refused, count) = Locked(() => (taken, firstRefused, refusals));
        if (step is { Error: FishException other })
        {
            throw new FishException(
                other.Code, other.Key, $"Step {step.Step} is not stored: {other.Cause}",
                "Another run saves to this task, or saved to it before. Resume from its newest step, train to a task of another name, or "
                    + "set "
                + "Overwrite to replace what is there.",
                other);
        }

        if (count >= MaxRefusals)
        {
            var cause = string.Create(
                CultureInfo.InvariantCulture,
                $"The last {count} saves failed, the first of them at step {refused!.Step}: {refused.Error!.Message}");
            throw refused.Error is FishException first
                ? new FishException(
                    first.Code, first.Key, cause, "Nothing of this run is being saved. Fix the cause; SaveAsync tries again.", first)
                : new InvalidOperationException(cause, refused.Error);
        }
    }

    /// <summary>Marks the step's checkpoint as damaged, so that saving the step again replaces it.</summary>
    public void Replace(long step) => replaces[step] = true;

    /// <summary>Takes a slot for a copy; counts the step as skipped if there is none.</summary>
    /// <param name="wait">Waits for a slot, but not for an unreachable store.</param>
    /// <param name="patient">Also waits for an unreachable store: during training as long as a save is retried, at the end until it is
    /// given up.</param>
    /// <param name="isBest">Whether the step is the best so far.</param>
    /// <param name="replaced">A waiting copy that this one replaced.</param>
    public bool TryReserve(bool wait, bool patient, bool isBest, out PendingSave? replaced)
    {
        // A caller that may wait never replaces a copy.
        while (!queue.TryReserve(isBest, replaces: !patient && (!wait || retry.Trying || retry.IsLate), out replaced))
        {
            if ((!patient && (!wait || retry.Trying)) || (retry.IsLate && !retry.Ending))
            {
                Skip();
                return false;
            }

            queue.WaitForRoom(Glance);
        }

        if (replaced is not null)
        {
            Skip();
        }

        return true;
    }

    /// <summary>Returns an unused slot and the copy that it replaced.</summary>
    public void Release(PendingSave? replaced)
    {
        Restore(replaced);
        queue.Release();
    }

    /// <summary>Restores a replaced copy because the new one could not be made.</summary>
    public void Restore(PendingSave? replaced)
    {
        if (replaced is not null)
        {
            Interlocked.Decrement(ref skipped);
            queue.Restore(replaced);
        }
    }

    /// <summary>Adds a copy, or its error, to the slot that was taken for it.</summary>
    public Task<SaveReport> Enqueue(PendingSave save)
    {
        queue.Enqueue(save);
        return save.Done.Task;
    }

    /// <summary>Protects a copy from being replaced by later ones.</summary>
    public void Keep(PendingSave save) => queue.Keep(save);

    /// <summary>Training has ended: retries now have a deadline.</summary>
    public void BeginToEnd() => retry.BeginToEnd();

    /// <summary>Accepts no more copies, and ends when all are stored or have failed.</summary>
    public Task DrainAsync()
    {
        if (!completed)
        {
            completed = true;
            retry.BeginToEnd();
            queue.Complete();
        }

        return loop;
    }

    public async ValueTask DisposeAsync()
    {
        await DrainAsync();
        queue.Dispose();
        retry.Dispose();
        log.Dispose();
    }

    private void Skip()
    {
        if (Interlocked.Increment(ref skipped) == 1)
        {
            options.OnWarning(
                $"task {name}: a due step was skipped because earlier ones are still being saved; the newest waits. The summary counts "
                    + "further skipped steps");
        }
    }

    private async Task SaveAllAsync()
    {
        while (await queue.TakeAsync() is { } save)
        {
            var report = await SaveOneAsync(save);
            queue.Release();
            Publish(report);
            save.Done.SetResult(report);
        }
    }

    private async Task<SaveReport> SaveOneAsync(PendingSave save)
    {
        var report = new SaveReport(save.Step, save.Stall, TimeSpan.Zero, save.Delta?.Mask.Count ?? 0, 0, Created: false, save.CopyError)
        {
            Leak = save.Leak,
        };
        if (save.Delta is null)
        {
            return report;
        }

        var start = options.Clock.GetTimestamp();
        try
        {
            var (saved, retries) = await retry.RunAsync(save.Step, () => StoreAsync(save));
            (save.Stored, save.Delta) = (true, null);
            report = report with { StoredBytes = saved.Created ? saved.Value.StoredBytes : 0, Created = saved.Created, Retries = retries };
        }
        catch (Exception error)
        {
            report = report with { Error = error };
        }

        return report with { Background = options.Clock.GetElapsedTime(start) };
    }

    private async Task<Saved<CheckpointInfo>> StoreAsync(PendingSave save)
    {
        var opened = await task.OpenAsync();
        run.RequireStep(save.Step, opened);
        await run.RequireAloneAsync(opened);
        if (keeper is not null)
        {
            await keeper.PrepareAsync();
        }

        LayOnWhatIsStored(save);
        var saved = await checkpoints.SaveAsync(
            name, save.Step, new CheckpointContent.Changed(opened.Fit.ToTask(save.Delta!)), OptionsOf(save));
        replaces.TryRemove(save.Step, out _);
        if (keeper is not null)
        {
            await KeepAsync(saved.Value, save.Anchor.Step);
        }

        return saved;
    }

    // If the anchor's own save failed, this save includes its values.
    private static void LayOnWhatIsStored(PendingSave save)
    {
        while (save.Anchor.Pending is { Stored: false } failed)
        {
            if (failed.Delta is { } delta)
            {
                save.Delta = DeltaComposer.Compose(delta, save.Delta!);
            }

            save.Anchor = failed.Anchor;
        }

        save.Anchor = new Anchor(save.Anchor.Step, null);
    }

    // The save succeeded; the next one tries the deletion again.
    private async Task KeepAsync(CheckpointInfo saved, long? anchor)
    {
        try
        {
            await keeper!.SavedAsync(saved, anchor);
        }
        catch (Exception error)
        {
            options.OnWarning($"old checkpoints could not be deleted: {error.Message}");
        }
    }

    private SaveOptions OptionsOf(PendingSave save)
    {
        var saveOptions = new SaveOptions
        {
            Parent = save.Anchor.Step is { } step ? ParentChoice.At(step) : ParentChoice.Auto,
            ExpectedBase = options.ExpectedBase,
            Metadata = run.Metadata,
            Overwrite = options.Overwrite || replaces.ContainsKey(save.Step),
            SideFiles = options.SideFiles,
            OpenTrainerState = save.State is null ? null : save.State.OpenRead,
        };
        return save.Metrics is null ? saveOptions : saveOptions with { Metrics = save.Metrics };
    }

    private void Publish(SaveReport report)
    {
        lock (gate)
        {
            reports.Enqueue(report);
            while (reports.Count > MaxReports)
            {
                reports.Dequeue();
            }

            summary = summary.With(report);
            Count(report);
            Fail(report.Error);
        }

        try
        {
            log.Write(report);
            options.OnReport?.Invoke(report);
        }
        catch (Exception error)
        {
            lock (gate)
            {
                Fail(error);
            }
        }
    }

    private void Fail(Exception? error)
    {
        if (error is not null && failures.Count < MaxFailures)
        {
            failures.Add(error);
        }
    }

    private void Count(SaveReport report)
    {
        if (report.Error is null)
        {
            (refusals, firstRefused) = (0, null);
        }
        else if (report.Error is FishException { Code: ErrorCode.StepTaken or ErrorCode.StateTaken or ErrorCode.RunTaken })
        {
            taken ??= report;
        }
        else if (Transience.Of(report.Error) == Retry.Never)
        {
            (refusals, firstRefused) = (refusals + 1, firstRefused ?? report);
        }
    }

    private T Locked<T>(Func<T> read)
    {
        lock (gate)
        {
            return read();
        }
    }
}
