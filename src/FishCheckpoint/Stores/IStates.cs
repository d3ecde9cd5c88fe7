using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Stores;

/// <summary>The models that a store's checkpoints represent, and the trainer states. Safe for concurrent use.</summary>
public interface IStates
{
    /// <summary>Opens a checkpoint for reading. The caller disposes the reader.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>,
    /// <see cref="ErrorCode.TagNotFound"/>.</exception>
    Task<IModelReader> OpenAsync(string task, StepRef step, CancellationToken cancellationToken = default);

    /// <summary>
    /// Opens the state that a task starts from. With <see cref="TaskSpec.BranchPoint"/>, that is the branch point, even if it was deleted
    /// or its step was saved again. Otherwise it is the base, with the task's own tensors as zeros. <see cref="ParentChoice.Auto"/> uses it
    /// as a delta's parent. The caller disposes the reader.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    Task<IModelReader> OpenBranchPointAsync(string task, CancellationToken cancellationToken = default);

    /// <summary>The delta between two states of a base. The caller disposes it.</summary>
    /// <param name="task">The task.</param>
    /// <param name="to">The later state.</param>
    /// <param name="from">The delta's parent; may be in another task with the same base and own tensors. Default: the base.</param>
    /// <param name="cancellationToken">Cancels the comparison.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>,
    /// <see cref="ErrorCode.TagNotFound"/>; <see cref="ErrorCode.BaseMismatch"/>, <see cref="ErrorCode.LayoutMismatch"/>: the other task
    /// has another base or other own tensors.</exception>
    Task<EncodedDelta> OpenDeltaAsync(string task, StepRef to, StateRef from = default, CancellationToken cancellationToken = default);

    /// <summary>The delta between two states of a base, unless it is too large. The caller disposes it.</summary>
    /// <inheritdoc cref="OpenDeltaAsync(string, StepRef, StateRef, CancellationToken)"/>
    /// <param name="task">The task.</param>
    /// <param name="to">The later state.</param>
    /// <param name="from">The delta's parent.</param>
    /// <param name="maxBytes">The most bytes for its frames.</param>
    /// <param name="cancellationToken">Cancels the comparison.</param>
    /// <returns>The delta, or <see langword="null"/> if it is larger.</returns>
    Task<EncodedDelta?> OpenDeltaAsync(
        string task, StepRef to, StateRef from, long maxBytes, CancellationToken cancellationToken = default);

    /// <summary>
    /// Compares two states of a base per tensor. Reads only the blocks that their deltas change; memory does not grow with the model.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="to">The later state.</param>
    /// <param name="from">The earlier state; may be in another task with the same base and own tensors. Default: the base.</param>
    /// <param name="cancellationToken">Cancels the comparison.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>,
    /// <see cref="ErrorCode.TagNotFound"/>; <see cref="ErrorCode.BaseMismatch"/>, <see cref="ErrorCode.LayoutMismatch"/>: the other task
    /// has another base or other own tensors; or the code of the damage.</exception>
    Task<ChangeReport> CompareAsync(string task, StepRef to, StateRef from = default, CancellationToken cancellationToken = default);

    /// <summary>Stores the trainer state of a checkpoint: opaque bytes, compressed.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StateTaken"/>: it already has another one;
    /// <see cref="ErrorCode.CheckpointNotFound"/>.</exception>
    Task<Saved<TrainerStateInfo>> PutTrainerStateAsync(string task, StepRef step, Stream content,
        CancellationToken cancellationToken = default);

    /// <summary>Opens a checkpoint's trainer state. The caller disposes the stream.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StateNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>.</exception>
    Task<Stream> OpenTrainerStateAsync(string task, StepRef step, CancellationToken cancellationToken = default);
}
