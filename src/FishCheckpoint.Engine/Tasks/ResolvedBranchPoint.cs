using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Tasks;

/// <summary>The branch point of a task, resolved to a checkpoint.</summary>
/// <param name="Checkpoint">The checkpoint's row; <see langword="null"/> for a task that exists, which no longer needs it.</param>
/// <param name="Base">The base of its task.</param>
/// <param name="Tensors">The own tensors of its task, as stored.</param>
/// <param name="Layout">Its layout.</param>
internal sealed record ResolvedBranchPoint(long? Checkpoint, BaseContent Base, string Tensors, Digest Layout)
{
    /// <summary>
    /// Resolves a branch point. For an existing task it uses the task itself, since the checkpoint may be deleted by now.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>,
    /// <see cref="ErrorCode.StepInvalid"/>, <see cref="ErrorCode.NameInvalid"/>.</exception>
    public static ResolvedBranchPoint Find(ICatalogView view, TaskCatalog tasks, BranchPoint branchPoint, string branch)
    {
        var (name, step) = (Names.Check(branchPoint.Task, "task"), StepRef.At(branchPoint.Step));
        var exists = view.Tasks.Exists(branch);
        var task = tasks.Context(view, exists ? branch : name);
        return new ResolvedBranchPoint(
            exists ? null : view.Checkpoints.Find(task, step).Id, task.Base,
            view.Tasks.Stored(task.Id)!.Tensors, task.Layout.Layout.Id);
    }

    /// <summary>Throws if the own tensors differ from those of the checkpoint's task.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>.</exception>
    public void RequireLayout(string name, Digest layout)
    {
        if (Checkpoint is not null && Layout != layout)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, name,
                $"The layout {layout} of the task differs from the layout {Layout} of its branch point.",
                "Omit the own tensors, or use those of the other task.");
        }
    }
}
