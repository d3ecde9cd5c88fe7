namespace FishCheckpoint.Training;

/// <summary>
/// A bounded queue of copies to store. If it is full, a new copy replaces the oldest replaceable one, so that the newest waits. Safe for
/// concurrent callers.
/// </summary>
internal sealed class SaveQueue(int capacity) : IDisposable
{
    private readonly Lock gate = new();
    private readonly LinkedList<PendingSave> waiting = [];
    private readonly SemaphoreSlim added = new(0);
    private readonly AutoResetEvent freed = new(false);
    private int taken;
    private bool completed;

    /// <summary>Takes a slot for a copy.</summary>
    /// <param name="isBest">Whether the step is the best so far by the monitored metric; the best may use one extra slot.</param>
    /// <param name="replaces">Whether it may replace a waiting copy.</param>
    /// <param name="replaced">The copy that it replaced, which is no longer in the queue.</param>
    public bool TryReserve(bool isBest, bool replaces, out PendingSave? replaced)
    {
        lock (gate)
        {
            replaced = null;
            if (taken < capacity)
            {
                taken++;
                return true;
            }

            replaced = replaces ? waiting.FirstOrDefault(save => save.MayBeLeftOut && (isBest || !save.IsBest)) : null;
            if (replaced is not null)
            {
                return waiting.Remove(replaced);
            }

            // The best has its own slot, so that neither it nor the newest is dropped for the other.
            var fits = taken <= capacity && (isBest || (replaces && waiting.Any(save => save.IsBest)));
            taken += fits ? 1 : 0;
            return fits;
        }
    }

    /// <summary>Returns a slot.</summary>
    public void Release()
    {
        lock (gate)
        {
            taken--;
        }

        freed.Set();
    }

    /// <summary>Waits until a slot is returned, or for a moment.</summary>
    public void WaitForRoom(TimeSpan moment) => freed.WaitOne(moment);

    /// <summary>Adds a copy to the slot that was taken for it.</summary>
    /// <exception cref="ObjectDisposedException">The queue accepts no more copies.</exception>
    public void Enqueue(PendingSave save)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(completed, typeof(CheckpointHook));
            waiting.AddLast(save);
        }

        added.Release();
    }

    /// <summary>Restores a replaced copy in front of the others, with its own slot.</summary>
    public void Restore(PendingSave save)
    {
        lock (gate)
        {
            waiting.AddFirst(save);
            taken++;
        }

        added.Release();
    }

    /// <summary>Protects a copy from being replaced by later ones.</summary>
    public void Keep(PendingSave save)
    {
        lock (gate)
        {
            save.MayBeLeftOut = false;
        }
    }

    /// <summary>Accepts no more copies.</summary>
    public void Complete()
    {
        lock (gate)
        {
            completed = true;
        }

        added.Release();
    }

    /// <summary>The next copy; <see langword="null"/> when all are taken and the queue is closed.</summary>
    public async Task<PendingSave?> TakeAsync()
    {
        while (true)
        {
            await added.WaitAsync();
            lock (gate)
            {
                if (waiting.First is { } next)
                {
                    waiting.RemoveFirst();
                    return next.Value;
                }

                if (completed)
                {
                    added.Release();
                    return null;
                }
            }
        }
    }

    public void Dispose()
    {
        added.Dispose();
        freed.Dispose();
    }
}
