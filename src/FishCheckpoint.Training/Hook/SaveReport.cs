namespace FishCheckpoint.Training;

/// <summary>What one save did and cost.</summary>
/// <param name="Step">The step that was saved.</param>
/// <param name="Stall">
/// How long the training thread was held: the copy of the masked values and of the trainer state, the leak check if there was one and, with
/// <see cref="BusyPolicy.Wait"/>, the wait before it.
/// </param>
/// <param name="Background">How long the store worked on it, in the background; pauses before new tries included.</param>
/// <param name="Changed">Positions of the delta.</param>
/// <param name="StoredBytes">Bytes that it added to the store; 0 when it failed or was there already.</param>
/// <param name="Created">Whether this save stored it; <see langword="false"/> when the same checkpoint was there already, or when it
/// failed.</param>
/// <param name="Error">Why it failed; <see langword="null"/> when it is stored.</param>
public sealed record SaveReport(
    long Step, TimeSpan Stall, TimeSpan Background, long Changed, long StoredBytes, bool Created, Exception? Error = null)
{
    /// <summary>How often it was tried again because the store was out of reach.</summary>
    public int Retries { get; init; }

    /// <summary>What the leak check found; <see langword="null"/> when this save had none.</summary>
    public LeakReport? Leak { get; init; }
}
