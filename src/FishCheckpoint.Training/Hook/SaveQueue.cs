namespace FishCheckpoint.Training;

/// <summary>
/// The copies on their way to the store: a bounded number in memory. Where there is no room, a new one takes the place of the oldest that
/// waits and may be left out, so that the newest waits. Safe for use by many callers at once.
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
    /// <param name="isBest">Whether the step is the best by the monitored metric so far: bests that wait are outdone, and one more slot is
    /// there for it.</param>
    /// <param name="replaces">Whether a copy that waits may be left out for it.</param>
    /// <param name="replaced">The copy that was left out for it; no longer here.</param>
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

            // The best has a slot of its own, so that neither it nor the newest goes for the other.
            var fits = taken <= capacity && (isBest || (replaces && waiting.Any(save => save.IsBest)));
            taken += fits ? 1 : 0;
            return fits;
        }
    }

    /// <summary>Gives back a slot.</summary>
    public void Release()
    {
        lock (gate)
        {
            taken--;
        }

        freed.Set();
    }

    /// <summary>Waits until a slot was given back, or for a moment.</summary>
    public void WaitForRoom(TimeSpan moment) => freed.WaitOne(moment);

    /// <summary>Hands in a copy, for which a slot was taken.</summary>
    /// <exception cref="ObjectDisposedException">Nothing more is taken.</exception>
    public void Enqueue(PendingSave save)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(completed, typeof(CheckpointHook));
            waiting.AddLast(save);
        }

        added.Release();
    }

    /// <summary>Puts a copy back that was left out, before the others, with a slot of its own.</summary>
    public void Restore(PendingSave save)
    {
        lock (gate)
        {
            waiting.AddFirst(save);
            taken++;
        }

        added.Release();
    }

    /// <summary>A copy that later ones may not take the place of.</summary>
    public void Keep(PendingSave save)
    {
        lock (gate)
        {
            save.MayBeLeftOut = false;
        }
    }

    /// <summary>Nothing more is handed in.</summary>
    public void Complete()
    {
        lock (gate)
        {
            completed = true;
        }

        added.Release();
    }

    /// <summary>The next copy; <see langword="null"/> when all are taken and nothing more comes.</summary>
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
