namespace FishCheckpoint.Engine.Maintenance;

/// <summary>
/// The budget of one round. The first item always fits, so that every round makes progress. After the first refusal everything is refused.
/// </summary>
/// <param name="time">The clock; the round starts now.</param>
/// <param name="maxTime">How long new items may start; <see langword="null"/> for no limit.</param>
/// <param name="maxBytes">The most bytes of items; <see langword="null"/> for no limit.</param>
internal sealed class WorkBudget(TimeProvider time, TimeSpan? maxTime, long? maxBytes = null)
{
    private readonly long started = time.GetTimestamp();

    /// <summary>The number of items taken.</summary>
    public long Items { get; private set; }

    /// <summary>The bytes of the items taken.</summary>
    public long Bytes { get; private set; }

    /// <summary>The bytes left; negative after a first item that was larger.</summary>
    public long BytesLeft => maxBytes is { } most ? most - Bytes : long.MaxValue;

    /// <summary>Whether the budget refused anything; the rest is for the next round.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>Whether there is time to start more work.</summary>
    public bool HasTime => Check(maxTime is not { } longest || time.GetElapsedTime(started) < longest);

    /// <summary>Whether an item of this size may start.</summary>
    public bool Fits(long bytes) => Items == 0 || (Check(Bytes == 0 || bytes <= BytesLeft) && HasTime);

    /// <summary>Counts an item and its bytes.</summary>
    public void Take(long bytes) => (Items, Bytes) = (Items + 1, Bytes + bytes);

    private bool Check(bool condition) => !(IsSpent |= !condition);
}
