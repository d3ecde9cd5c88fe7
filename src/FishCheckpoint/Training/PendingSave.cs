using FishCheckpoint.Deltas;

namespace FishCheckpoint.Training;

/// <summary>A copied state on its way to the store.</summary>
/// <param name="Step">Its step.</param>
/// <param name="Delta">Its masked values; <see langword="null"/> when they could not be copied.</param>
/// <param name="Metrics">Numbers to keep with it.</param>
/// <param name="Stall">How long its copy held the training thread.</param>
/// <param name="CopyError">Why they could not be copied.</param>
internal sealed record PendingSave(long Step, Delta? Delta, IReadOnlyDictionary<string, double>? Metrics, TimeSpan Stall, Exception? CopyError = null)
{
    /// <summary>Completed with the report; its continuations do not run on the saver's task.</summary>
    public TaskCompletionSource<SaveReport> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
