using FishCheckpoint.Codec;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>Gives deltas to callers for whom one that is too large is of no use.</summary>
public interface IBoundedDeltas
{
    /// <summary>The delta between two states of a base, if it is not larger than so many bytes. The caller disposes it.</summary>
    /// <param name="task">The task.</param>
    /// <param name="to">The state that the delta gives.</param>
    /// <param name="from">The state that it is laid on.</param>
    /// <param name="maxBytes">The most bytes of its frames.</param>
    /// <param name="cancellation">Ends the comparison.</param>
    /// <returns>The delta, or <see langword="null"/> where it is larger; nothing of it was sent then.</returns>
    /// <exception cref="FishException">As <see cref="ICheckpointStore.OpenDeltaAsync"/>.</exception>
    Task<EncodedDelta?> OpenDeltaWithinAsync(string task, StepRef to, StateRef from, long maxBytes, CancellationToken cancellation = default);
}
