namespace FishCheckpoint.Engine.Maintenance;

/// <summary>
/// What one round may still do. Its first item always fits, so that every round makes progress; until an item took bytes, one of any size
/// fits. What it has refused once it refuses from then on.
/// </summary>
/// <param name="time">The clock; the round starts now.</param>
/// <param name="maxTime">How long items may be begun; <see langword="null"/> for no limit.</param>
/// <param name="maxBytes">The most bytes of items; <see langword="null"/> for no limit.</param>
internal sealed class WorkBudget(TimeProvider time, TimeSpan? maxTime, long? maxBytes = null)
{
    private readonly long started = time.GetTimestamp();

    /// <summary>Items that were taken.</summary>
    public long Items { get; private set; }

    /// <summary>Bytes of the items that were taken.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes that are left; negative after a first item that was larger.</summary>
    public long BytesLeft => maxBytes is { } most ? most - Bytes : long.MaxValue;

    /// <summary>Whether something was refused: the rest is for the next round.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>Whether there is time to begin something.</summary>
    public bool HasTime => Allows(maxTime is not { } longest || time.GetElapsedTime(started) < longest);

    /// <summary>Whether an item of this size may be begun.</summary>
    public bool Fits(long bytes) => Items == 0 || (Allows(Bytes == 0 || bytes <= BytesLeft) && HasTime);

    /// <summary>Counts an item, with the bytes that it took.</summary>
    public void Take(long bytes) => (Items, Bytes) = (Items + 1, Bytes + bytes);

    private bool Allows(bool condition) => !(IsSpent |= !condition);
}
