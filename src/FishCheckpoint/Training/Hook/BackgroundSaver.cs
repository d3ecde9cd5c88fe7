using System.Threading.Channels;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Deltas;

namespace FishCheckpoint.Training;

/// <summary>Stores copied states one after another, in the background, and keeps the reports. Nothing that a save throws gets out.</summary>
internal sealed class BackgroundSaver : IAsyncDisposable
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    private readonly ICheckpointStore store;
    private readonly string task;
    private readonly CheckpointHookOptions options;
    private readonly HookTask opening;
    private readonly RetentionKeeper? keeper;
    private readonly SaveRetry retry;
    private readonly SaveLog log;

    // The channel needs no bound of its own: nothing is enqueued without a slot, and a slot is taken before the values are copied.
    private readonly Channel<PendingSave> queue = Channel.CreateUnbounded<PendingSave>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim slots;
    private readonly Lock gate = new();
    private readonly List<SaveReport> reports = [];
    private readonly List<Exception> failures = [];
    private readonly Task loop;
    private bool opened;
    private int skipped;
    private volatile bool completed;

    public BackgroundSaver(ICheckpointStore store, string task, CheckpointHookOptions options)
    {
        (this.store, this.task, this.options) = (store, task, options);
        slots = new SemaphoreSlim(options.QueueCapacity);
        opening = new HookTask(store, task, options);
        retry = new SaveRetry(options);
        log = new SaveLog(task, options);
        keeper = options.Retention is { } retention ? new RetentionKeeper(store, task, retention) : null;
        loop = Task.Run(SaveAllAsync);
    }

    public IReadOnlyList<SaveReport> Reports => Locked(() => (SaveReport[])[.. reports]);

    public IReadOnlyList<Exception> Failures => Locked(() => (Exception[])[.. failures]);

    public SaveSummary Summary => Locked(() => SaveSummary.Of(reports, skipped));

    /// <summary>Whether nothing more is taken.</summary>
    public bool Completed => completed;

    /// <summary>Whether a save is waiting for its store to come back.</summary>
    public bool Retrying => retry.Trying;

    public void ThrowIfCompleted() => ObjectDisposedException.ThrowIf(completed, typeof(CheckpointHook));

    /// <summary>Takes a slot for a copy; counts the step as skipped where there is none.</summary>
    /// <param name="wait">Waits for one, but not for a store that is out of reach.</param>
    /// <param name="patient">Waits for that too.</param>
    public bool TryReserve(bool wait, bool patient = false)
    {
        while (!slots.Wait(wait || patient ? Glance : TimeSpan.Zero))
        {
            if (!patient && (!wait || retry.Trying))
            {
                Interlocked.Increment(ref skipped);
                return false;
            }
        }

        return true;
    }

    /// <summary>Gives back a slot that nothing is copied for.</summary>
    public void Release() => slots.Release();

    /// <summary>Hands in a copy, or why there is none, for which a slot was taken.</summary>
    public Task<SaveReport> Enqueue(PendingSave save) => queue.Writer.TryWrite(save)
        ? save.Done.Task : throw new ObjectDisposedException(nameof(CheckpointHook));

    /// <summary>Training is over: from here on new tries have a last moment.</summary>
    public void BeginToEnd() => retry.BeginToEnd();

    /// <summary>Takes nothing more, and ends when everything is stored or has failed.</summary>
    public Task DrainAsync()
    {
        if (!completed)
        {
            completed = true;
            retry.BeginToEnd();
            queue.Writer.TryComplete();
        }

        return loop;
    }

    public async ValueTask DisposeAsync()
    {
        await DrainAsync();
        slots.Dispose();
        retry.Dispose();
        log.Dispose();
    }

    private async Task SaveAllAsync()
    {
        await foreach (var save in queue.Reader.ReadAllAsync())
        {
            var report = await SaveOneAsync(save);
            slots.Release();
            Publish(report);
            save.Done.SetResult(report);
        }
    }

    private async Task<SaveReport> SaveOneAsync(PendingSave save)
    {
        var report = new SaveReport(save.Step, save.Stall, TimeSpan.Zero, save.Delta?.Mask.Count ?? 0, 0, Created: false, save.CopyError) { Leak = save.Leak };
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
        if (!opened)
        {
            await opening.EnsureAsync();
            opened = true;
        }

        if (keeper is not null)
        {
            await keeper.PrepareAsync();
        }

        LayOnWhatIsStored(save);
        var saved = await store.SaveAsync(task, save.Step, new CheckpointContent.Changed(save.Delta!), OptionsOf(save));
        if (keeper is not null)
        {
            await KeepAsync(saved.Value, save.Anchor.Step);
        }

        return saved;
    }

    // Where the anchor's own save failed, its values ride along.
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

    // What cannot be deleted today can be tomorrow: the save stands.
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
            OpenState = save.State is null ? null : save.State.OpenRead,
        };
        return save.Metrics is null ? saveOptions : saveOptions with { Metrics = save.Metrics };
    }

    private void Publish(SaveReport report)
    {
        lock (gate)
        {
            reports.Add(report);
            if (report.Error is not null)
            {
                failures.Add(report.Error);
            }
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
                failures.Add(error);
            }
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
