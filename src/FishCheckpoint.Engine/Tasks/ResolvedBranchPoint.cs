using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Tasks;

/// <summary>The checkpoint that a task is to start from, and what it binds the task to.</summary>
/// <param name="Checkpoint">Its row; <see langword="null"/> where it is gone, which does not matter to a task that has started from
/// it.</param>
/// <param name="Base">Its base.</param>
/// <param name="Tensors">The own tensors of its task, as stored.</param>
/// <param name="Layout">Its layout.</param>
internal sealed record ResolvedBranchPoint(long? Checkpoint, BaseContent Base, string Tensors, Digest Layout)
{
    /// <summary>Finds it; for a task that is there already, by that task itself: the checkpoint may have been deleted since.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>, <see cref="ErrorCode.CheckpointNotFound"/>,
    /// <see cref="ErrorCode.StepInvalid"/>, <see cref="ErrorCode.NameInvalid"/>.</exception>
    public static ResolvedBranchPoint Find(ICatalogView view, TaskCatalog tasks, BranchPoint start, string branch)
    {
        var (name, step) = (Names.Check(start.Task, "task"), StepRef.At(start.Step));
        var exists = view.Tasks.Exists(branch);
        var task = tasks.Context(view, exists ? branch : name);
        return new ResolvedBranchPoint(
            exists ? null : view.Checkpoints.Find(task, step).Id, task.Base,
            view.Tasks.Stored(task.Id)!.Tensors, task.Layout.Layout.Id);
    }

    /// <summary>Refuses other own tensors than the checkpoint has.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>.</exception>
    public void RequireLayout(string name, Digest layout)
    {
        if (Checkpoint is not null && Layout != layout)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, name,
                $"The checkpoint that the task is to start from has the layout {Layout}; the task would have {layout}.",
                "Leave the own tensors out, or give those of the other task.");
        }
    }
}
