using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Reports;

/// <summary>Says what changed between two states, without giving the values.</summary>
public interface IStateComparison
{
    /// <summary>Compares two states of a base, tensor by tensor. Only blocks that a delta of one of them touches are read; memory does not grow with the model.</summary>
    /// <param name="task">The task.</param>
    /// <param name="to">The later state.</param>
    /// <param name="from">The state that it is told from; may be of another task on the same base with the same own tensors. Default: the base.</param>
    /// <param name="cancellation">Ends the comparison.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>, <see cref="ErrorCode.TagNotFound"/>;
    /// <see cref="ErrorCode.BaseMismatch"/>, <see cref="ErrorCode.LayoutMismatch"/>: the other task is on another base, or has other own tensors; or damage.</exception>
    Task<ChangeReport> CompareAsync(string task, StepRef to, StateRef from = default, CancellationToken cancellation = default);
}
