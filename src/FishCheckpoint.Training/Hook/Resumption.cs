using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Training;

/// <summary>The checkpoint that training goes on from.</summary>
/// <param name="Checkpoint">What it is.</param>
/// <param name="StateRestored">Whether the parts of <see cref="CheckpointHookOptions.State"/> took back theirs; the model always
/// did.</param>
/// <param name="Warnings">Why newer checkpoints were passed over, and what could not be restored.</param>
public sealed record Resumption(CheckpointInfo Checkpoint, bool StateRestored, IReadOnlyList<string> Warnings)
{
    /// <summary>The last step that is done: training goes on with the next one.</summary>
    public long Step => Checkpoint.Step;
}
