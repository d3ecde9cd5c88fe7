namespace FishCheckpoint.Training;

/// <summary>The result and cost of one save.</summary>
/// <param name="Step">The step that was saved.</param>
/// <param name="Stall">How long the training thread waited: the copy of the masked values and the trainer state, the leak check if there
/// was one and, with <see cref="BusyPolicy.Wait"/>, the wait before it.</param>
/// <param name="Background">How long the store worked on it in the background, including delays before retries.</param>
/// <param name="Changed">Positions of the delta.</param>
/// <param name="StoredBytes">Bytes that it added to the store; 0 if it failed or existed already.</param>
/// <param name="Created">Whether this save stored it; <see langword="false"/> if the same checkpoint existed already, or if it
/// failed.</param>
/// <param name="Error">Why it failed; <see langword="null"/> if it is stored.</param>
public sealed record SaveReport(
    long Step, TimeSpan Stall, TimeSpan Background, long Changed, long StoredBytes, bool Created, Exception? Error = null)
{
    /// <summary>The number of retries because the store was unreachable.</summary>
    public int Retries { get; init; }

    /// <summary>The result of the leak check; <see langword="null"/> if this save had none.</summary>
    public LeakReport? Leak { get; init; }
}
