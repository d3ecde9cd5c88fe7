using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Training;

/// <summary>The checkpoint that training continues from.</summary>
/// <param name="Checkpoint">Its metadata.</param>
/// <param name="StateRestored">Whether the parts of <see cref="CheckpointHookOptions.State"/> were restored; the model always was.</param>
/// <param name="Warnings">Why newer checkpoints were skipped, and which parts could not be restored.</param>
public sealed record Resumption(CheckpointInfo Checkpoint, bool StateRestored, IReadOnlyList<string> Warnings)
{
    /// <summary>The last completed step: training continues with the next one.</summary>
    public long Step => Checkpoint.Step;
}
