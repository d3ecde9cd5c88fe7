using System.Threading.Channels;
using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Training;

/// <summary>Stores copied states one after another, in the background, and keeps the reports. Nothing that a save throws gets out.</summary>
internal sealed class BackgroundSaver : IAsyncDisposable
{
    private readonly ICheckpointStore store;
    private readonly string task;
    private readonly CheckpointHookOptions options;

    // The channel needs no bound of its own: nothing is enqueued without a slot, and a slot is taken before the values are copied.
    private readonly Channel<PendingSave> queue = Channel.CreateUnbounded<PendingSave>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim slots;
    private readonly Lock gate = new();
    private readonly List<SaveReport> reports = [];
    private readonly List<Exception> failures = [];
    private readonly Task loop;
    private int skipped;
    private volatile bool completed;

    public BackgroundSaver(ICheckpointStore store, string task, CheckpointHookOptions options)
    {
        (this.store, this.task, this.options) = (store, task, options);
        slots = new SemaphoreSlim(options.QueueCapacity);
        loop = Task.Run(SaveAllAsync);
    }

    public IReadOnlyList<SaveReport> Reports => Locked(() => (SaveReport[])[.. reports]);

    public IReadOnlyList<Exception> Failures => Locked(() => (Exception[])[.. failures]);

    public SaveSummary Summary => Locked(() => SaveSummary.Of(reports, skipped));

    public void ThrowIfCompleted() => ObjectDisposedException.ThrowIf(completed, typeof(CheckpointHook));

    /// <summary>Takes a slot for a copy; counts the step as skipped where there is none.</summary>
    public bool TryReserve(bool wait)
    {
        if (wait)
        {
            slots.Wait();
            return true;
        }

        if (slots.Wait(0))
        {
            return true;
        }

        Interlocked.Increment(ref skipped);
        return false;
    }

    /// <summary>Hands in a copy, or why there is none, for which a slot was taken.</summary>
    public Task<SaveReport> Enqueue(PendingSave save) => queue.Writer.TryWrite(save)
        ? save.Done.Task : throw new ObjectDisposedException(nameof(CheckpointHook));

    /// <summary>Takes nothing more, and ends when everything is stored or has failed.</summary>
    public Task DrainAsync()
    {
        completed = true;
        queue.Writer.TryComplete();
        return loop;
    }

    public async ValueTask DisposeAsync()
    {
        await DrainAsync();
        slots.Dispose();
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
        var report = new SaveReport(save.Step, save.Stall, TimeSpan.Zero, save.Delta?.Mask.Count ?? 0, 0, Created: false, save.CopyError);
        if (save.Delta is null)
        {
            return report;
        }

        var start = options.Clock.GetTimestamp();
        try
        {
            var saved = await store.SaveAsync(task, save.Step, new CheckpointContent.Changed(save.Delta), OptionsOf(save));
            report = report with { StoredBytes = saved.Created ? saved.Value.StoredBytes : 0, Created = saved.Created };
        }
        catch (Exception error)
        {
            report = report with { Error = error };
        }

        return report with { Background = options.Clock.GetElapsedTime(start) };
    }

    private SaveOptions OptionsOf(PendingSave save)
    {
        var saveOptions = new SaveOptions { Parent = ParentChoice.Base, ExpectedBase = options.ExpectedBase };
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
