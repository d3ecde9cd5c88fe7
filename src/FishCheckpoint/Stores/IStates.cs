using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Stores;

/// <summary>The states that a store's checkpoints stand for, and those of their trainers. Safe for use by many callers at once.</summary>
public interface IStates
{
    /// <summary>Opens a checkpoint to be rebuilt. The caller disposes the reader.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>,
    /// <see cref="ErrorCode.TagNotFound"/>.</exception>
    Task<IModelReader> OpenAsync(string task, StepRef step, CancellationToken cancellationToken = default);

    /// <summary>
    /// Opens the state that a task starts from: the checkpoint that it was made from (<see cref="TaskSpec.From"/>), also if that was
    /// deleted or its step
    /// holds another one since; or else the base, with the task's own tensors as zeros. It is the parent that
    /// <see cref="ParentChoice.Auto"/> gives a
    /// delta. The caller disposes the reader.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
    Task<IModelReader> OpenBranchPointAsync(string task, CancellationToken cancellationToken = default);

    /// <summary>The delta between two states of a base. The caller disposes it.</summary>
    /// <param name="task">The task.</param>
    /// <param name="to">The state that the delta gives.</param>
    /// <param name="from">The delta's parent; may be of another task on the same base with the same own tensors. Default: the base.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>,
    /// <see cref="ErrorCode.TagNotFound"/>;
    /// <see cref="ErrorCode.BaseMismatch"/>, <see cref="ErrorCode.LayoutMismatch"/>: the other task is on another base, or has other own
    /// tensors.</exception>
    Task<EncodedDelta> OpenDeltaAsync(string task, StepRef to, StateRef from = default, CancellationToken cancellationToken = default);

    /// <summary>The delta between two states of a base, for callers that have no use for a large one. The caller disposes it.</summary>
    /// <inheritdoc cref="OpenDeltaAsync(string, StepRef, StateRef, CancellationToken)"/>
    /// <param name="task">The task.</param>
    /// <param name="to">The state that the delta gives.</param>
    /// <param name="from">The delta's parent.</param>
    /// <param name="maxBytes">The most bytes of its frames.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    /// <returns>The delta, or <see langword="null"/> where it is larger; nothing of it was sent then.</returns>
    Task<EncodedDelta?> OpenDeltaAsync(
        string task, StepRef to, StateRef from, long maxBytes, CancellationToken cancellationToken = default);

    /// <summary>
    /// Compares two states of a base, tensor by tensor, and gives none of the values. Only blocks that a delta of one of them touches are
    /// read; memory does
    /// not grow with the model.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="to">The later state.</param>
    /// <param name="from">The earlier state; may be of another task on the same base with the same own tensors. Default: the base.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>,
    /// <see cref="ErrorCode.TagNotFound"/>;
    /// <see cref="ErrorCode.BaseMismatch"/>, <see cref="ErrorCode.LayoutMismatch"/>: the other task is on another base, or has other own
    /// tensors; or damage.
    /// </exception>
    Task<ChangeReport> CompareAsync(string task, StepRef to, StateRef from = default, CancellationToken cancellationToken = default);

    /// <summary>Gives a checkpoint its trainer state: opaque bytes, kept compressed.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StateTaken"/>: it has another one already;
    /// <see cref="ErrorCode.CheckpointNotFound"/>.</exception>
    Task<Saved<StateInfo>> PutTrainerStateAsync(string task, StepRef step, Stream content, CancellationToken cancellationToken = default);

    /// <summary>Opens a checkpoint's trainer state. The caller disposes the stream.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StateNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>.</exception>
    Task<Stream> OpenTrainerStateAsync(string task, StepRef step, CancellationToken cancellationToken = default);
}
